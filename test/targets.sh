#!/bin/sh
# targets: makes the cheap targets of the Makefile, and all others with -n, which finds missing sources. Prints a line
# each, "N passed, N failed, N skipped" last. A part of lint is skipped if its program is not installed.
set -u
cd "$(dirname "$0")/.." || exit 3

log=$(mktemp) || exit 3
to=$(mktemp -d) || exit 3
trap 'rm -rf "$log" "$to"' EXIT
passed=0 failed=0 skipped=0
# these makes are independent of the make that runs us
unset MAKEFLAGS MFLAGS MAKELEVEL

# one TARGET...: makes them
one() {
	if make "$@" >"$log" 2>&1 </dev/null; then
		echo "make $*: made"
		passed=$((passed + 1))
	else
		tail -n 20 "$log"
		echo "make $*: failed"
		failed=$((failed + 1))
	fi
}

# with PROGRAM TARGET: makes it if the program is installed
with() {
	if command -v "$1" >/dev/null; then
		one "$2"
	else
		echo "make $2: skipped, $1 is not installed"
		skipped=$((skipped + 1))
	fi
}

one help
one man
one found FOUND=testpmd_shared_rxq
one install DESTDIR="$to" PREFIX=/usr
with clang-format lint-format
with luacheck lint-lua
with cppcheck lint-c
# shellcheck disable=SC2046
one -n -k $(sed -n '/^\.PHONY:/,/[^\\]$/p' Makefile | tr -d '\\' | sed 's/^\.PHONY://')
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
