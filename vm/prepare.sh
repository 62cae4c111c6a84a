# prepare: makes a guest of the user's ready for a case, as root, over SSH: DPDK's disk, hugepages, modules, NICs.
#   sh -s ID SERIAL PLACE HUGEPAGES "NIC ..."
# ID, SERIAL, PLACE: of DPDK's disk (vm/dpdk_disk.lua); HUGEPAGES: of 2 MiB; NIC: the PCI addresses of the NICs that the
# kernel keeps ("all": all of them).
# Prints lines of "uptime SECONDS", "kernel RELEASE", "lacks WHAT WHY". What no case can do without is a failure, and its
# reason is on stderr. Guests differ: POSIX shell, and programs that any has.
# shellcheck shell=sh
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
disk_id=$1 disk_serial=$2 dpdk=$3 hugepages=$4 keep=$5

fail() {
	echo "$*" >&2
	exit 1
}

read -r up _ </proc/uptime
echo "uptime $up"
echo "kernel $(uname -r)"

# ---- DPDK: its disk has this serial number (vm/dpdk_disk.lua) ----

disk=
for f in /sys/block/*/serial; do
	serial=
	[ ! -e "$f" ] || read -r serial <"$f" || true # it has no newline
	if [ "$serial" = "$disk_serial" ]; then
		disk=${f%/serial}
		disk=/dev/${disk##*/}
	fi
done
[ -b "$disk" ] || fail "DPDK's disk is not there: its kernel needs virtio_blk"
mkdir -p "$dpdk" || fail "cannot make $dpdk"
why=$(mount -t squashfs -o ro "$disk" "$dpdk" 2>&1) ||
	fail "cannot mount DPDK's disk, its kernel needs squashfs with lz4: $why"
read -r id <"$dpdk/id" || fail "DPDK's disk cannot be read"
[ "$id" = "$disk_id" ] || fail "DPDK's disk is $id, expected $disk_id"

# Its programs come before the guest's own, and so do its drivers: a driver that is loaded twice is an error of the EAL.
# A guest may have these places as links already.
if [ "$(readlink -f /usr/local/bin)" != "$dpdk/bin" ]; then
	mkdir -p /usr/local/bin
	ln -sf "$dpdk"/bin/* /usr/local/bin/ || fail "cannot link DPDK's programs into /usr/local/bin"
fi
for folder in /usr/lib/x86_64-linux-gnu/dpdk /usr/local/lib/x86_64-linux-gnu/dpdk; do
	if [ "$(readlink -f "$folder")" = "$dpdk/default" ]; then
		continue
	elif [ -d "$folder" ]; then
		mount --bind "$dpdk/default" "$folder" || fail "cannot hide the guest's own drivers in $folder"
	else
		mkdir -p "${folder%/*}" && ln -s "$dpdk/default" "$folder"
	fi
done

# ---- hugepages ----

grep -q ' hugetlbfs ' /proc/mounts || { mkdir -p /dev/hugepages && mount -t hugetlbfs huge /dev/hugepages; } ||
	fail "cannot mount hugetlbfs"
pages=/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
[ -e $pages ] || fail "its kernel has no hugepages of 2 MiB"
reserve() {
	echo "$hugepages" >$pages
	read -r got <$pages
	[ "$got" -ge "$hugepages" ]
}
compact() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	echo 1 >/proc/sys/vm/compact_memory
}
reserve || { compact && reserve; } || fail "$hugepages hugepages wanted, got $got: give it more memory"

# ---- drivers ----

for module in vfio-pci uio_pci_generic; do
	why=$(modprobe "$module" 2>&1 | head -n 1)
	[ -e "/sys/bus/pci/drivers/$module" ] || echo "lacks $module modprobe: ${why:-it is not there}"
done
unsafe=/sys/module/vfio/parameters/enable_unsafe_noiommu_mode
if [ -z "$(ls /sys/kernel/iommu_groups 2>/dev/null)" ] && [ -e /sys/bus/pci/drivers/vfio-pci ]; then
	{ [ -e $unsafe ] && echo Y >$unsafe; } 2>/dev/null ||
		echo "lacks vfio-pci its IOMMU is off (boot it with intel_iommu=on), and its vfio has no mode without one"
fi
command -v python3 >/dev/null || echo "lacks dpdk-devbind.py it has no python3"

# Debian's unit starts the agent for a channel with another number.
for dir in /sys/class/virtio-ports/*; do
	name=
	[ ! -e "$dir/name" ] || read -r name <"$dir/name"
	case $name in
	org.qemu.guest_agent.*)
		if ! command -v qemu-ga >/dev/null; then
			echo "lacks qemu-ga it is not installed (Debian's package qemu-guest-agent)"
		elif ! grep -qs qemu-ga /proc/[0-9]*/comm; then
			qemu-ga -d -m virtio-serial -p "/dev/${dir##*/}" </dev/null >/dev/null 2>&1 ||
				echo "lacks qemu-ga it does not start"
		fi
		;;
	esac
done

# moonrig reaches telemetry's socket by socat. Where Python is there and socat is not, this does what is asked of it.
if ! command -v socat >/dev/null && command -v python3 >/dev/null; then
	cat >/usr/local/bin/socat <<'END'
#!/usr/bin/env -S python3 -IS
import os, select, socket, sys
MOST, KIND, END = 262144, "UNIX-CONNECT:", ",type=5"
where = sys.argv[-1]
if sys.argv[1:-1] != ["-b", str(MOST), "-"] or not (where.startswith(KIND) and where.endswith(END)):
    sys.exit("socat is missing here, and this is moonrig's in place of it, for telemetry alone")
peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
try:
    peer.connect(where[len(KIND):-len(END)])
except OSError as why:
    sys.exit(f"{where}: {why.strerror}")
while True:
    for one in select.select([0, peer], [], [])[0]:
        data = os.read(0, MOST) if one == 0 else peer.recv(MOST)
        if not data:
            sys.exit(0)
        peer.send(data) if one == 0 else os.write(1, data)
END
	chmod 755 /usr/local/bin/socat
fi

# The kernel of our own image drives the management NIC alone: the others belong to the tests.
drivers=/sys/bus/virtio/drivers/virtio_net
for dev in "$drivers"/virtio*; do
	if [ ! -e "$dev" ] || [ "$keep" = all ]; then
		continue
	fi
	nic=$(readlink -f "$dev")
	nic=${nic%/*}
	case " $keep " in
	*" ${nic##*/} "*) ;;
	*) echo "${dev##*/}" >$drivers/unbind || fail "cannot take ${nic##*/} from virtio_net" ;;
	esac
done

# ---- cores of programs that crash (lib/dpdk/guest_core.lua), if the guest can ----

{
	mkdir -p /var/lib/moonrig/cores
	echo "/var/lib/moonrig/cores/core.%e.%p" >/proc/sys/kernel/core_pattern
	pid=$$
	while [ "$pid" -gt 1 ]; do
		read -r name </proc/"$pid"/comm
		case $name in
		sshd* | dropbear)
			prlimit --pid "$pid" --core=unlimited
			echo 0x11 >/proc/"$pid"/coredump_filter
			;;
		esac
		pid=$(sed -n 's/^PPid:[[:space:]]*//p' /proc/"$pid"/status)
	done
} 2>/dev/null
exit 0
