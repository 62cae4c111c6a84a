# kernel: pick the kernel, keep only the modules named in $MODULES and what they need, pack the initrd.
set -eu
: "${WORK:?}"
umask 022

root="$WORK/root"
lib="$root/usr/lib/x86_64-linux-gnu"
release=$(ls "$root/usr/lib/modules")
kernel="$root/boot/vmlinuz-$release"

# Run the guest's own kmod as depmod or modprobe.
kmod() {
	name=$1
	shift
	"$lib/ld-linux-x86-64.so.2" --argv0 "$name" --library-path "$lib" "$root/usr/bin/kmod" "$@"
}

# The modules, each once, behind those that it needs.
kmod depmod -b "$root" "$release"
# shellcheck disable=SC2086 # a list
kmod modprobe -d "$root" -S "$release" -a --show-depends $MODULES >"$WORK/depends"
sed -n "s,^insmod $root/*\([^ ]*\).*,\1,p" "$WORK/depends" | awk '!seen[$1]++' >"$WORK/modules"

# Remove all others.
(cd "$root" && tar -cf "$WORK/modules.tar" -T "$WORK/modules" "lib/modules/$release/modules.order" \
	"lib/modules/$release/modules.builtin" "lib/modules/$release/modules.builtin.modinfo")
rm -rf "$root/usr/lib/modules" "$root/boot"/System.map* "$root/boot"/config*
tar -xf "$WORK/modules.tar" -C "$root" --keep-directory-symlink
# From Debian 13 on they are packed. The disk is packed, too, and unpacking is slow in an emulated CPU.
find "$root/usr/lib/modules" -name '*.ko.xz' -exec xz -d {} +
sed -i 's/\.ko\.xz$/.ko/' "$WORK/modules"
kmod depmod -b "$root" "$release"
for module in $MODULES; do
	[ "$module" = virtio_net ] || echo "$module" # vm/start loads that one in a way of its own
done >"$root/usr/lib/moonrig/modules"

# The initrd: busybox, our init, and the modules up to the last that the root disk needs.
initrd="$WORK/initrd"
mkdir -p "$initrd/bin" "$initrd/disk" "$initrd/layer" "$initrd/root" "$initrd/dev"
cp "$root/usr/lib/moonrig/busybox" "$initrd/bin/"
for name in sh cat insmod mkdir mount switch_root; do
	ln -s busybox "$initrd/bin/$name"
done
cp "$VM/init" "$initrd/init"
chmod 755 "$initrd/init"
sed '/overlay\.ko/q' "$WORK/modules" | while read -r module; do
	cp "$root/$module" "$initrd/"
	echo "/${module##*/}"
done >"$initrd/modules"
(cd "$initrd" && find . | cpio --quiet -o -H newc --owner=+0:+0) >"$OUT/initrd.img"

# Unpack the kernel here: QEMU boots it unpacked (PVH), and unpacking is slow in an emulated CPU. The offsets are
# those of the x86 boot protocol: setup_sects, payload_offset and payload_length. The last 4 bytes are a size.
field() {
	od -An -t "u$2" -j "$1" -N "$2" "$kernel" | tr -d ' '
}
from=$((($(field 497 1) + 1) * 512 + $(field 584 4) + 1))
length=$(($(field 588 4) - 4))
# LZ4 until Debian 12, Zstandard from 13 on
case $(od -An -t x1 -j $((from - 1)) -N 4 "$kernel") in
" 02 21 4c 18") unpack=lz4 ;;
" 28 b5 2f fd") unpack=zstd ;;
*) unpack=false ;;
esac
if tail -c "+$from" "$kernel" | head -c "$length" | $unpack -dcq >"$OUT/vmlinuz" 2>/dev/null; then
	# A full disk shows in sync, where lz4 was silent.
	sync "$OUT/vmlinuz"
else
	cp "$kernel" "$OUT/vmlinuz" # packed in another way: let it unpack itself
fi
rm -rf "${root:?}/boot"
