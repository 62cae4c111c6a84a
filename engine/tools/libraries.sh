#!/bin/sh
# libraries: prints the linker's words for libraries, given by their pkg-config names: static where the compiler ($CC)
# finds all that a library needs as static ones, else shared, with a note.
set -eu

# found NAME: a static library that the compiler finds
found() {
	[ "$(${CC:-gcc} -print-file-name="$1")" != "$1" ]
}

# What libcrypto was built with differs between releases: zlib, zstd.
behind_crypto() {
	for word in $(pkg-config --static --libs-only-l libcrypto 2>/dev/null); do
		case $word in
		-lcrypto | -ldl | -lpthread) ;; # the last two are in the C library
		*) echo "lib${word#-l}.a" ;;
		esac
	done
}

# archives NAME: the static libraries of a library, the needed ones behind those that need them
archives() {
	case $1 in
	luajit) echo libluajit-5.1.a ;;
	libuv) if found libuv_a.a; then echo libuv_a.a; else echo libuv.a; fi ;; # libuv_a: Debian 12
	libssh2) echo libssh2.a libcrypto.a "$(behind_crypto)" libz.a ;;
	libedit) echo libedit.a libtinfo.a libbsd.a libmd.a ;;
	*) echo "lib${1#lib}.a" ;;
	esac
}

# one NAME: its words
one() {
	words=
	for archive in $(archives "$1"); do
		if ! found "$archive"; then
			echo "moonrig: $1 is linked as a shared library: the compiler finds no $archive" >&2
			pkg-config --libs "$1"
			return
		fi
		words="$words -l:$archive"
	done
	echo "${words# }"
}

for name; do
	one "$name"
done
