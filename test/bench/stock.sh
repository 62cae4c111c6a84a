# stock: the guest that one would take instead, from Debian's packages alone: systemd, udev, openssh-server, the
# cloud kernel and its own initramfs, dpdk, and the example programs in $EXAMPLES. From $WORK to $OUT.
# What anybody sets up on the first day is set up (key, network, hugepages, no first-boot work left over);
# nothing is taken out, and nothing is turned for a faster boot.
set -eu
: "${WORK:?}" "${OUT:?}" "${EXAMPLES:?}"
umask 022
export LC_ALL=C TMPDIR="$WORK/tmp"
PATH=$PATH:/usr/sbin:/sbin

fail() {
	echo "stock: $*" >&2
	exit 1
}

[ "$(id -u)" = 0 ] || fail "root is needed: the packages' own scripts run in the image"
for program in mmdebstrap mke2fs ssh-keygen unshare; do
	command -v "$program" >/dev/null || fail "$program is not here (packages mmdebstrap, e2fsprogs, openssh-client, util-linux)"
done
need=3000
free=$(df -Pm "$WORK" | awk 'NR == 2 { print $4 }')
[ "$free" -ge "$need" ] || fail "no space left: $need MB are needed in $WORK, $free MB are free"

# The machine's own sources, and how it reaches them.
set --
for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
	if [ -s "$f" ]; then
		set -- "$@" "$f"
	fi
done
[ $# -gt 0 ] || fail "this machine's apt has no sources: nowhere to fetch from"
apt-config dump | grep '^Acquire::' >"$WORK/apt.conf" || true

# The last line is what the examples link and which driver plug-ins they need, by the names that this machine's packages
# have (they end in DPDK's ABI); zstd packs the initramfs, as on any installed Debian.
packages=systemd,systemd-sysv,udev,dbus,openssh-server,linux-image-cloud-amd64,initramfs-tools,zstd,kmod
packages=$packages,iproute2,procps,pciutils,qemu-guest-agent,python3,dpdk
for name in bus-pci bus-vdev mempool-ring net-virtio cmdline; do
	packages=$packages,$(dpkg-query -W -f '${Package}' "librte-$name[0-9]*") || fail "librte-$name is not installed (package libdpdk-dev)"
done

# In namespaces that end with this script: an interrupted build leaves no mount (/proc, /dev) and no process. A folder
# with such a mount must never be removed.
unshare --mount --pid --fork --kill-child --mount-proc \
	mmdebstrap --quiet --variant=essential --format=directory --aptopt="$WORK/apt.conf" --include="$packages" \
	"$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")" "$WORK/root" "$@" >"$WORK/log" 2>&1 || fail "mmdebstrap: $(tail -n 5 "$WORK/log")"
cd "$WORK/root"

ssh-keygen -q -t ed25519 -N '' -C stock -f "$OUT/id_ed25519"
install -d -m 700 root/.ssh
install -m 600 "$OUT/id_ed25519.pub" root/.ssh/authorized_keys
mv "$OUT/id_ed25519.pub" "$WORK/"

# The management NIC, by its MAC, from QEMU's DHCP. Nothing configures the test's NICs.
cat >etc/systemd/network/mgmt.network <<'END'
[Match]
MACAddress=02:6d:67:6d:74:00
[Network]
DHCP=yes
END
chroot . systemctl --quiet enable systemd-networkd ssh
echo stock >etc/hostname
echo '/dev/vda / ext4 errors=remount-ro 0 1' >etc/fstab

# What a first boot would do, so that no boot here is a first one.
chroot . systemd-machine-id-setup >/dev/null 2>&1
touch etc/.updated var/.updated

install -m 755 "$EXAMPLES/symmetric_mp" "$EXAMPLES/hotplug_mp" usr/local/bin/

cp -L vmlinuz "$OUT/vmlinuz" 2>/dev/null || cp boot/vmlinuz-* "$OUT/vmlinuz"
cp boot/initrd.img-* "$OUT/initrd.img"
mke2fs -q -t ext4 -L root -d "$WORK/root" "$OUT/disk.ext4" 2000M >/dev/null || fail "mke2fs cannot make the disk"
