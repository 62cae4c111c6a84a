# disk: makes the machine of `make kvm` in $OUT: vmlinuz, initrd.img, root.squashfs. A Debian $SUITE with what moonrig
# needs, from the sources of this machine's apt. Any user who may have a user namespace with subordinate ids, or root.
set -eu
: "${OUT:?}" "${SUITE:?}" "${TABLE:?}"
umask 022
here=$(dirname "$0")
export TMPDIR="$OUT" LC_ALL=C

# shellcheck source=/dev/null
number=$(. /etc/os-release && echo "${VERSION_ID:-99}")
# The packages of the rows for building and running, for this release: the last word that is for it or an older one.
packages=$(awk -v debian="$number" '
	$1 == "build" || $1 == "run" {
		name = "-"
		for (i = 4; i <= NF; i++) {
			at = index($i, ":")
			if (!at)
				name = $i
			else if (substr($i, 1, at - 1) + 0 <= debian)
				name = substr($i, at + 1)
		}
		if (name != "-") printf "%s,", name
	}' "$TABLE")

set --
for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
	if [ -s "$f" ]; then
		set -- "$@" "$f"
	fi
done
apt-config dump | grep '^Acquire::' >"$OUT/apt.conf" || true

# The initrd has what the root's disk needs, and no more: it is unpacked by an emulated CPU.
# shellcheck disable=SC2016 # mmdebstrap's shell expands $1, here and below
initrd='echo MODULES=list >"$1/etc/initramfs-tools/conf.d/machine" &&
	printf "%s\n" virtio_pci virtio_blk squashfs >>"$1/etc/initramfs-tools/modules" &&
	chroot "$1" update-initramfs -u >"$1/tmp/initramfs.log" 2>&1 || { cat "$1/tmp/initramfs.log"; exit 1; }'
# shellcheck disable=SC2016
mmdebstrap --quiet --variant=apt --format=tar --aptopt="$OUT/apt.conf" \
	--include="${packages}linux-image-cloud-amd64,kmod,mount,procps,make,iproute2" \
	--customize-hook="upload $here/init /sbin/machine-init" \
	--customize-hook='chmod 755 "$1/sbin/machine-init"' \
	--customize-hook="$initrd" \
	--customize-hook="copy-out /boot $OUT" \
	--dpkgopt='path-exclude=/usr/share/doc/*' \
	--dpkgopt='path-exclude=/usr/share/man/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' \
	"$SUITE" "$OUT/root.tar" "$@"
# the archive has no "/", and DPDK refuses one that is writable for all
mksquashfs - "$OUT/root.squashfs" -tar -root-mode 0755 -noappend -comp lz4 -no-progress -quiet <"$OUT/root.tar"
mv "$OUT"/boot/vmlinuz-* "$OUT/vmlinuz"
mv "$OUT"/boot/initrd.img-* "$OUT/initrd.img"
rm -r "${OUT:?}/boot"
rm "$OUT/root.tar" "$OUT/apt.conf"
