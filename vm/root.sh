# root: turn the unpacked packages in $WORK/root into the guest's root folder, as any user. The packages' install
# scripts do not run: this script writes what they would have set up.
set -eu
: "${WORK:?}"
umask 022

root="$WORK/root"
lib="$root/usr/lib/x86_64-linux-gnu"

# Run a program of the guest on this machine, with the guest's libraries.
guest() {
	"$lib/ld-linux-x86-64.so.2" --library-path "$lib" "$@"
}

cd "$root"
python=$(readlink usr/bin/python3) # python3.11, python3.13

# Remove files that no test needs; what a person added may need Perl.
rm -rf usr/share/info usr/share/lintian usr/share/bug
rm -rf usr/lib/udev usr/lib/systemd "usr/lib/$python/test"
rm -rf etc/cron* etc/init.d etc/rc?.d etc/apt etc/dpkg var
if [ -z "${ADDED:-}" ]; then
	rm -rf usr/share/perl usr/share/perl5 usr/lib/x86_64-linux-gnu/perl*
	rm -f usr/lib/x86_64-linux-gnu/libperl* usr/bin/perl*
fi

mkdir -p dev proc sys run tmp mnt root/.ssh usr/local/bin var/lib var/log var/tmp etc/dropbear
chmod 1777 tmp var/tmp
chmod 700 root root/.ssh
ln -s /run var/run
ln -s /run/lock var/lock

cat >etc/passwd <<'END'
root:x:0:0:root:/root:/bin/sh
tcpdump:x:100:65534:tcpdump:/nonexistent:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
END
cat >etc/group <<'END'
root:x:0:
tty:x:5:
nogroup:x:65534:
END
echo 'root:*:19000::::::' >etc/shadow
chmod 600 etc/shadow
echo /bin/sh >etc/shells
echo guest >etc/hostname
echo '127.0.0.1 localhost guest' >etc/hosts

# busybox for programs that no package has, and for those that must start quickly. The static one starts fast in an
# emulated CPU, but what it executes are its own ip and lspci in place of the packages': so the programs that execute others
# are of the dynamic one, and the shell is klibc's.
mkdir -p usr/lib/moonrig
cp "$(find "$WORK/alone" -path '*bin/busybox')" usr/lib/moonrig/busybox
for name in $(guest usr/bin/busybox --list); do
	case $name in
	cat | echo | env | kill | ln | ls | mkdir | readlink | rm | sleep | test | true | uname) ;;
	sh | setsid) continue ;;
	*)
		if [ -e "usr/bin/$name" ] || [ -L "usr/sbin/$name" ] || [ -e "usr/sbin/$name" ]; then
			continue
		fi ;;
	esac
	case $name in
	ash | chroot | chrt | env | find | flock | ionice | linux32 | linux64 | nice | nohup | nsenter | run-parts | script | \
		setarch | setpriv | start-stop-daemon | taskset | time | timeout | unshare | watch | xargs)
		ln -sf busybox "usr/bin/$name" ;;
	*) ln -sf ../lib/moonrig/busybox "usr/bin/$name" ;;
	esac
done
ln -sf ../lib/klibc/bin/sh usr/bin/sh
ln -sf ../lib/moonrig/busybox usr/sbin/init

# Process 1 is busybox's init. It runs vm/start first, which prints the ready line.
cp "$VM/inittab" "$VM/fstab" etc/
for script in start rest; do
	cp "$VM/$script" "usr/lib/moonrig/$script"
	chmod 755 "usr/lib/moonrig/$script"
done

# In an emulated CPU: static, without a dynamic linker.
gcc -O2 -static -s -DDISK="\"$DPDK_SERIAL\"" -DPLACE="\"$DPDK_PLACE\"" -o usr/lib/moonrig/wake "$VM/wake.c"
gcc -O2 -static -s -o usr/lib/moonrig/core "$VM/core.c"
gcc -O2 -static -s -o usr/bin/setsid "$VM/setsid.c"

# Keys. The host's key is in OpenSSH's format.
cp "$KEYS/id_ed25519.pub" root/.ssh/authorized_keys
chmod 600 root/.ssh/authorized_keys
log=$(guest usr/bin/dropbearconvert openssh dropbear "$KEYS/host_key" etc/dropbear/host_key 2>&1) || {
	echo "$log" >&2
	exit 1
}
chmod 600 etc/dropbear/host_key

# DPDK comes on a disk of its own, mounted at $DPDK_PLACE (vm/wake.c). Its EAL looks for drivers in one of these two folders,
# Debian's or a build's with the default prefix.
mkdir -p ".$DPDK_PLACE" usr/local/lib/x86_64-linux-gnu
rmdir usr/local/bin
ln -s "$DPDK_PLACE/bin" usr/local/bin
ln -s "$DPDK_PLACE/default" usr/lib/x86_64-linux-gnu/dpdk
ln -s "$DPDK_PLACE/default" usr/local/lib/x86_64-linux-gnu/dpdk

# dpdk-devbind.py runs in an emulated CPU: compile its Python now. It reads the PCI ids ten times in each call: keep
# those of QEMU's machines.
PYTHONHOME="$root/usr" guest "usr/bin/$python" -m compileall -q -l --invalidation-mode unchecked-hash -p / \
	"usr/lib/$python" "usr/lib/$python/collections" "usr/lib/$python/encodings" \
	"usr/lib/$python/importlib" "usr/lib/$python/json" "usr/lib/$python/re"
ids="$root/usr/share/misc/pci.ids"
awk '/^C / { all = 1 }
     all { print; next }
     /^[0-9a-f]/ { vendor = $1; if (/^(1af4|1b36|8086) /) print; next }
     vendor ~ /^(1af4|1b36)$/ || (vendor == "8086" && /^\t29/)' "$ids" >"$WORK/pci.ids"
cp "$WORK/pci.ids" "$ids"

# Detect a missing library here, not in a guest. The loader would also find one of this machine.
for program in usr/bin/busybox usr/bin/ip usr/sbin/ethtool usr/bin/iperf3 usr/bin/tcpdump usr/bin/socat usr/bin/lspci \
	usr/bin/kmod "usr/bin/$python" usr/sbin/dropbear usr/sbin/qemu-ga; do
	missing=$(guest --list "$program" 2>&1 | sed "/ => .*not found/b; \, => $root/,d; / => \|cannot open/!d")
	if [ -n "$missing" ]; then
		echo "root: $program does not run in the guest, which has not: $missing" >&2
		exit 1
	fi
done
