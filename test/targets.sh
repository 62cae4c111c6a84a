#!/bin/sh
# targets: the Makefile's targets that cost little, made; and all of them with -n: what they are made of is there.
# A line each, "N passed, N failed, N skipped" last. A part of lint whose program is not installed is skipped.
set -u
cd "$(dirname "$0")/.." || exit 3

log=$(mktemp) || exit 3
to=$(mktemp -d) || exit 3
trap 'rm -rf "$log" "$to"' EXIT
passed=0 failed=0 skipped=0
# this is no part of the make that runs us
unset MAKEFLAGS MFLAGS MAKELEVEL

# one WORDS...: make them
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

# with PROGRAM TARGET: where the program is
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
one install DESTDIR="$to" PREFIX=/usr
with clang-format lint-format
with luacheck lint-lua
# shellcheck disable=SC2046
one -n -k $(sed -n '/^\.PHONY:/,/[^\\]$/p' Makefile | tr -d '\\' | sed 's/^\.PHONY://')
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
