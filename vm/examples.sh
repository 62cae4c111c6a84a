# examples: build DPDK's example programs with this machine's libdpdk, each by its own Makefile,
# from $SRC (edited sources, laid out as in the examples folder of dpdk-doc) to $EXAMPLES.
set -eu
umask 022

pkg-config --exists libdpdk || {
	echo "examples: pkg-config does not find libdpdk (package libdpdk-dev)" >&2
	exit 1
}
mkdir -p "$EXAMPLES"

for dir in multi_process/symmetric_mp multi_process/hotplug_mp multi_process/simple_mp \
	multi_process/client_server_mp/mp_server multi_process/client_server_mp/mp_client l3fwd-power; do
	name=${dir##*/}
	echo "building $name with DPDK $(pkg-config --modversion libdpdk)"
	rm -rf "$SRC/$dir/build"
	log=$(make -C "$SRC/$dir" shared 2>&1) || {
		echo "$log" >&2
		exit 1
	}
	cp "$SRC/$dir/build/$name-shared" "$EXAMPLES/$name"
done
