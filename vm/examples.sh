# examples: build DPDK's example program $NAME (a folder below $SRC, where edited sources lie as in DPDK's examples/) by its own
# Makefile, with the libdpdk that pkg-config finds, to $OUT. $LINK: shared or static.
set -eu
umask 022

pkg-config --exists libdpdk || {
	echo "examples: pkg-config does not find libdpdk (Debian's package libdpdk-dev)" >&2
	exit 1
}

# What a static program links: without the libraries of its libraries that this machine has not (libpcap names libsystemd).
static_libs() {
	for word in $(pkg-config --static --libs libdpdk); do
		case $word in
		-l:*) ;;
		-l*)
			lib=${word#-l}
			[ "$(cc -print-file-name="lib$lib.so")" != "lib$lib.so" ] ||
				[ "$(cc -print-file-name="lib$lib.a")" != "lib$lib.a" ] || continue ;;
		esac
		printf '%s ' "$word"
	done
}

name=${NAME##*/}
echo "building $name with DPDK $(pkg-config --modversion libdpdk)"
rm -rf "$SRC/$NAME/build"
set -- "$LINK"
[ "$LINK" != static ] || set -- static "LDFLAGS_STATIC=$(static_libs)"
make -C "$SRC/$NAME" "$@"
mkdir -p "$OUT"
cp "$SRC/$NAME/build/$name-$LINK" "$OUT/$name"
