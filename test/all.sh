#!/bin/sh
# all: the parts of the tests that are named (units specs browser fuzz crash smoke cases), their counts summed up on the
# last line: "N passed, N failed". BUILD names the build folder, UNDER a program (and its options) that
# runs ours, SPECS the specs (all). A part that ran no test, could not run or crashed has failed.
set -u
cd "$(dirname "$0")/.." || exit 3

build=${BUILD:-build}
under=${UNDER:-}
moonrig=./$build/moonrig
log=$(mktemp) || exit 3
trap 'rm -f "$log" "$log.totals"' EXIT
passed=0 failed=0 bad=0

# part NAME PASSED FAILED: its line and its share of the sum
part() {
	if [ "$2" -eq 0 ] && [ "$3" -eq 0 ]; then
		echo "$1: no test was run"
		bad=1
	fi
	echo "$1: $2 passed, $3 failed"
	passed=$((passed + $2)) failed=$((failed + $3))
}

# of the log's lines that the sed program prints, the last
number() {
	sed -n "$1" "$log" | tail -n 1
}

# the number before a word, in the last line that has both
count() {
	number "s/^\(.*[^0-9]\)\{0,1\}\([0-9][0-9]*\) $1.*/\2/p"
}

units() {
	p=0 f=0
	for program in "$build"/test_*; do
		case $program in *.d | *.o) continue ;; esac
		[ -x "$program" ] || continue
		name=${program##*/}
		$under "$program" >"$log" 2>&1
		rc=$?
		n=$(number 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p')
		ran=$(number 's/^\[==========\] \([0-9]*\) test(s) run.*/\1/p')
		if [ -z "$ran" ] || [ -z "$n" ]; then
			echo "$name: ended with $rc before its tests were done"
			n=0 ran=1
		elif [ "$ran" -eq 0 ]; then
			echo "$name: ran no test"
			ran=1
		elif [ "$rc" -ne 0 ] && [ "$n" -eq "$ran" ]; then
			# all passed, and then a teardown or a sanitizer failed
			echo "$name: ended with $rc"
			n=$((n - 1))
		fi
		if [ "$rc" -ne 0 ] || [ "$n" -ne "$ran" ]; then cat "$log"; fi
		p=$((p + n)) f=$((f + ran - n))
	done
	part units $p $f
}

specs() {
	# shellcheck disable=SC2086
	$under "$moonrig" _lua test/run_specs.lua ${SPECS:-} >"$log" 2>&1
	rc=$?
	p=$(count success) f=$(count failure) e=$(count error)
	p=${p:-0} f=$((${f:-0} + ${e:-0}))
	if [ "$rc" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
	[ "$rc" -eq 0 ] || cat "$log"
	part specs "$p" "$f"
}

totals() {
	sed -n "s/^\(.*[^0-9]\)\{0,1\}\([0-9][0-9]*\) $1.*/\2/p" "$log.totals"
}

# scenarios NAME WORD...: run them
scenarios() {
	what=$1
	shift
	$under "$moonrig" run "$@" >"$log" 2>&1
	rc=$?
	# the totals' line, and nothing that a case may have said
	grep '^[0-9]* passed, [0-9]* failed.* in [0-9.]* s$' "$log" | tail -n 1 >"$log.totals"
	p=$(totals passed) f=$(totals failed) e=$(totals "in error")
	p=${p:-0} f=$((${f:-0} + ${e:-0}))
	if [ "$rc" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
	if [ "$rc" -ne 0 ] || grep -q "skipped" "$log.totals"; then cat "$log"; fi
	rm -f "$log.totals"
	part "$what" "$p" "$f"
}

# each fuzz harness, the same runs every time; `make fuzz` goes on from there
fuzz() {
	BUILD=$build-fuzz FUZZ_SECONDS='' sh test/fuzz/run.sh >"$log" 2>&1
	p=$(number 's/^\([0-9][0-9]*\) passed, .*/\1/p')
	f=$(number 's/^.* passed, \([0-9][0-9]*\) failed$/\1/p')
	[ "${f:-1}" -eq 0 ] || cat "$log"
	part fuzz "${p:-0}" "${f:-1}"
}

# a few runs killed at random moments; `make crash` does many
crash() {
	"$moonrig" _lua test/crash.lua smoke/loopback 8 4 >"$log" 2>&1
	p=$(number 's/^\([0-9][0-9]*\) passed, .*/\1/p')
	f=$(number 's/^.* passed, \([0-9][0-9]*\) failed$/\1/p')
	[ "${f:-1}" -eq 0 ] || cat "$log"
	part crash "${p:-0}" "${f:-1}"
}

# the faults that need no VM; `make sabotage` does all
sabotage() {
	"$moonrig" sabotage >"$log" 2>&1
	p=$(number 's/^\([0-9][0-9]*\) passed, .*/\1/p')
	f=$(number 's/^.* passed, \([0-9][0-9]*\) failed$/\1/p')
	[ "${f:-1}" -eq 0 ] || cat "$log"
	part sabotage "${p:-0}" "${f:-1}"
}

# report.html in a real Chromium
browser() {
	BUILD=$build sh test/browser/browser.sh >"$log" 2>&1
	p=$(number 's/^\([0-9][0-9]*\) passed, .*/\1/p')
	f=$(number 's/^.* passed, \([0-9][0-9]*\) failed$/\1/p')
	[ "${f:-1}" -eq 0 ] || cat "$log"
	part browser "${p:-0}" "${f:-1}"
}

for which; do
	case $which in
	units) units ;;
	specs) specs ;;
	browser) browser ;;
	fuzz) fuzz ;;
	crash) crash ;;
	sabotage) sabotage ;;
	smoke) scenarios smoke scripts/smoke/loopback.lua ;;
	cases) scenarios cases smoke test/cases scripts/vdev_primary_secondary ;;
	*)
		echo "all.sh: \"$which\" is none of units, specs, browser, fuzz, crash, sabotage, smoke, cases" >&2
		exit 4
		;;
	esac
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ] && [ "$bad" -eq 0 ]
