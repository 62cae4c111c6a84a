# suite_tree: make the packages in $WORK/out/root runnable from there: $WORK/out/bin has a start script for each program,
# and all libraries are the tree's own. A program that would take one of this machine's is an error.
set -eu
: "${WORK:?}" "${VM:?}" "${EXAMPLES:?}"
umask 022
export LC_ALL=C

out="$WORK/out"
built= # DPDK's examples
for name in $EXAMPLES; do
	built="$built root/usr/bin/$name"
done
lib="$out/root/usr/lib/x86_64-linux-gnu"
cd "$out"
mkdir bin loader

# The EAL opens all plug-ins of a folder of the machine, before those of -d. A second copy of a plug-in ends the program
# (its tailq is already registered). So the tree's EAL gets a folder that no machine has, of a name as long.
pmds=
for eal in "$lib"/librte_eal.so.*.*; do
	[ -f "$eal" ] || continue
	pmds=$(echo "$lib"/dpdk/pmds-*)
	if ! grep -q /usr/lib/x86_64-linux-gnu/dpdk/pmds- "$eal"; then
		echo "suite_tree: $eal names no folder of plug-ins: it would open those of this machine" >&2
		exit 1
	fi
	sed -i 's|/usr/lib/x86_64-linux-gnu/dpdk/pmds-|/nowhere/x86_64-linux-gnu/dpdk/pmds-|g' "$eal"
done

# All plug-ins as one, found by its name in the library path. The EAL refuses a folder of plug-ins where a folder above it
# is writable for all, such as /tmp.
if [ -n "$pmds" ]; then
	cd "$pmds"
	set --
	for so in librte_*.so.[0-9][0-9]; do
		set -- "$@" "-l:$so"
	done
	gcc -shared -nostdlib -z noexecstack -o "$lib/moonrig-pmds.so" \
		-L "$pmds" -L "$lib" -Wl,--no-as-needed -Wl,--allow-shlib-undefined "$@"
	cd "$out"
fi

for program in root/usr/bin/dpdk-* root/usr/bin/qemu-system-x86_64 $built; do
	name=${program##*/}
	[ -e "$program" ] || continue
	case $name in
	*.py) ln -s "../$program" "bin/$name" ;;
	*)
		cp "$VM/suite_start" "bin/$name"
		chmod 755 "bin/$name"
		# the kernel names a process after the file that it executes
		ln -s ../root/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 "loader/$name"
		;;
	esac
done

# The libraries that are not the tree's, of a program with the plug-ins. The loader splits its paths at colons, and more:
# the tree's folder has a plain name here.
exec 9<"$lib"
plain=/proc/self/fd/9
foreign() {
	"$plain/ld-linux-x86-64.so.2" --inhibit-cache --library-path "$plain:$plain/qemu" \
		--preload "${pmds:+moonrig-pmds.so}" --list "$1" 2>&1 |
		grep -v -e "=> $plain/" -e "^	$plain/" -e 'ld-linux-x86-64\.so' -e 'linux-vdso\.so' -e 'statically linked' || true
}

for program in root/usr/bin/dpdk-* root/usr/bin/qemu-system-x86_64 $built; do
	case $program in *.py) continue ;; esac
	[ -e "$program" ] || continue
	missing=$(foreign "$program")
	if [ -n "$missing" ]; then
		echo "suite_tree: ${program##*/} needs libraries that are not in the tree: $missing" >&2
		exit 1
	fi
done
