# squash: pack the root folder, everything root's, into the read-only disk the guest boots from.
set -eu
: "${WORK:?}"

# lz4: an emulated CPU unpacks it faster than anything else, and reads less than unpacked.
log=$(mksquashfs "$WORK/root" "$OUT/root.squashfs" -noappend -all-root -no-xattrs -comp lz4 \
	-no-progress -quiet 2>&1) || {
	echo "$log" >&2
	exit 1
}
