#!/bin/sh
# run: runs fuzz harnesses (default: all), prints a line each, and "N passed, N failed" last. With FUZZ_SECONDS each one
# continues from the inputs that earlier runs have found, for so long. Without, it does a fixed number of runs from the
# seeds, the same every time. BUILD: the folder of the harnesses; inputs that break one are saved in BUILD/broken.
set -u
cd "$(dirname "$0")/../.." || exit 3

build=${BUILD:-build-fuzz}
seconds=${FUZZ_SECONDS:-}
log=$(mktemp) || exit 3
fresh=$(mktemp -d) || exit 3
trap 'rm -rf "$log" "$fresh"' EXIT
passed=0 failed=0

# runs that take a few seconds
runs() {
	case $1 in
	match | strip | json) echo 30000 ;;
	console | journal) echo 10000 ;;
	parsers) echo 1000 ;;
	*) echo 4000 ;;
	esac
}

# the quarantine of freed blocks and their stacks would take most of the time
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=8:malloc_context_size=5"

# run NAME: from its seeds; new inputs go to the first folder
run() {
	if [ -n "$seconds" ]; then
		found=$build/found/$1
		bound=-max_total_time=$seconds
	else
		found=$fresh/$1
		bound="-seed=1 -runs=$(runs "$1")"
	fi
	words=test/fuzz/$1.dict
	[ -f "$words" ] && bound="$bound -dict=$words"
	mkdir -p "$found" "$build/broken"
	# shellcheck disable=SC2086
	"$build/fuzz_$1" $bound -len_control=0 -max_len=4096 -timeout=30 -report_slow_units=30 \
		-artifact_prefix="$build/broken/$1-" "$found" "test/fuzz/corpus/$1" >"$log" 2>&1
}

one() {
	run "$1"
	rc=$?
	done=$(sed -n 's/^Done \([0-9]*\) runs in \([0-9]*\) second.*/\1 runs, \2 s/p' "$log")
	if [ "$rc" -eq 0 ] && [ -n "$done" ]; then
		echo "fuzz_$1: $done"
		passed=$((passed + 1))
		return
	fi
	tail -n 60 "$log"
	echo "fuzz_$1: exited with status $rc$(sed -n 's/.*Test unit written to \(.*\)/; the input: \1/p' "$log")"
	failed=$((failed + 1))
}

[ $# -gt 0 ] || set -- $(ls test/fuzz/fuzz_*.c | sed 's/.*fuzz_\(.*\)\.c/\1/')
for name; do one "$name"; done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
