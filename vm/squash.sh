# squash: pack the root folder into the guest's read-only disk. All files belong to root.
set -eu
: "${WORK:?}"

# lz4: the fastest to unpack in an emulated CPU.
log=$(mksquashfs "$WORK/root" "$OUT/root.squashfs" -noappend -all-root -no-xattrs -comp lz4 \
	-no-progress -quiet 2>&1) || {
	echo "$log" >&2
	exit 1
}
