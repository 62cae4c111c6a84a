#!/bin/sh
# all: runs the named parts of the tests (units specs browser fuzz crash sabotage targets bench smoke cases suites kvm),
# and prints what failed in which part, and their sum on the last line: "N passed, N failed, N skipped". BUILD: the build
# folder. UNDER: a program (and its options) that runs ours, such as valgrind. SPECS: the specs (default: all). A part
# without a test, or that crashed, has failed.
set -u
cd "$(dirname "$0")/.." || exit 3

# A background job ignores SIGINT, and so does what it starts: moonrig, too. Tests send it.
[ -n "${HAS_SIGNALS:-}" ] || HAS_SIGNALS=1 exec env --default-signal=HUP,INT,QUIT,TERM,TSTP sh test/all.sh "$@"

build=${BUILD:-build}
under=${UNDER:-}
moonrig=./$build/moonrig
log=$(mktemp) || exit 3
trap 'rm -rf "$log" "$log".*' EXIT
mkdir "$log.failed" || exit 3
passed=0 failed=0 skipped=0 bad=0

# failures NAME OUTPUT: keeps what they say of a failed part; the last lines, if nothing in them is known
failures() {
	awk -f test/failures.awk "$2" >"$log.failed/$1"
	[ -s "$log.failed/$1" ] || tail -n 6 "$2" >"$log.failed/$1"
}

# repeat: what failed, part by part. Many readers see only the end of a log, so all parts share 40 lines.
repeat() {
	set -- "$log.failed"/*
	[ -e "$1" ] || return 0
	most=$((40 / $# - 2))
	[ "$(cat "$@" | wc -l)" -gt $((40 - $#)) ] || most=40
	for file; do
		echo "failed in ${file##*/}:"
		awk -v most="$most" 'NR <= most { print "  " substr($0, 1, 300) }
			END { if (NR > most) print "  ... " NR - most " more lines, above" }' "$file"
	done
}

# part NAME PASSED FAILED SKIPPED: prints its line and adds to the sum
part() {
	if [ "$2" -eq 0 ] && [ "$3" -eq 0 ]; then
		echo "$1: no test was run"
		bad=1
	fi
	if [ "$3" -ne 0 ]; then failures "$1" "${all_of:-$log}"; fi
	echo "$1: $2 passed, $3 failed, $4 skipped"
	passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
}

# number PROGRAM: the last line that this sed program prints of the log
number() {
	sed -n "$1" "$log" | tail -n 1
}

# the number before a word, in the last line that has both
count() {
	number "s/^\(.*[^0-9]\)\{0,1\}\([0-9][0-9]*\) $1.*/\2/p"
}

# what cmocka counted, over all groups of a program; since 1.1.6 a group's name is before its number
cmocka() {
	sed -n "s/^\[[ =]*$1[ =]*\] \(.*: \)\{0,1\}\([0-9]*\) test(*s*).*/\2/p" "$log" | awk '{ n += $1 } END { print n + 0 }'
}

units() {
	p=0 f=0 s=0 all_of=$log.units
	: >"$all_of"
	for program in "$build"/test_*; do
		case $program in *.d | *.o) continue ;; esac
		[ -x "$program" ] || continue
		name=${program##*/}
		$under "$program" >"$log" 2>&1
		rc=$?
		# a group that did not come to its end has no counts
		began=$(grep -c '^\[==========\] \(.*: \)\{0,1\}Running' "$log") ended=$(grep -c '^\[  PASSED  \]' "$log")
		n=$(cmocka PASSED) k=$(cmocka SKIPPED) ran=$(cmocka =)
		if [ "$ended" -eq 0 ] || [ "$began" -ne "$ended" ]; then
			echo "$name: exited with status $rc before its tests were done" | tee -a "$all_of"
			ran=$((n + k + 1))
		elif [ "$ran" -eq 0 ]; then
			echo "$name: ran no test" | tee -a "$all_of"
			ran=1
		elif [ "$rc" -ne 0 ] && [ $((n + k)) -eq "$ran" ]; then
			# all tests passed, but a teardown or a sanitizer failed
			echo "$name: exited with status $rc" | tee -a "$all_of"
			n=$((n - 1))
		fi
		if [ "$rc" -ne 0 ] || [ "$n" -ne "$ran" ]; then tee -a "$all_of" <"$log"; fi
		p=$((p + n)) f=$((f + ran - n - k)) s=$((s + k))
	done
	part units $p $f $s
	all_of=
}

specs() {
	# shellcheck disable=SC2086
	$under "$moonrig" _lua test/run_specs.lua ${SPECS:-} >"$log" 2>&1
	rc=$?
	p=$(count success) f=$(count failure) e=$(count error) s=$(count pending)
	p=${p:-0} f=$((${f:-0} + ${e:-0})) s=${s:-0}
	if [ "$rc" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
	if [ "$rc" -ne 0 ] || [ "$s" -ne 0 ]; then cat "$log"; fi
	part specs "$p" "$f" "$s"
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
	# the line with the totals: a case may print a similar line
	grep '^[0-9]* passed, [0-9]* failed.* in [0-9.]* s$' "$log" | tail -n 1 >"$log.totals"
	p=$(totals passed) f=$(totals failed) e=$(totals "in error") s=$(totals skipped)
	p=${p:-0} f=$((${f:-0} + ${e:-0})) s=${s:-0}
	if [ "$rc" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
	if [ "$rc" -ne 0 ] || [ "$s" -ne 0 ]; then cat "$log"; fi
	rm -f "$log.totals"
	part "$what" "$p" "$f" "$s"
}

# counted NAME COMMAND...: a command whose last line is "N passed, N failed" or "N passed, N failed, N skipped"
counted() {
	what=$1
	shift
	"$@" >"$log" 2>&1
	rc=$?
	p=$(number 's/^\([0-9][0-9]*\) passed, .*/\1/p')
	f=$(number 's/^[0-9]* passed, \([0-9][0-9]*\) failed.*/\1/p')
	s=$(number 's/^[0-9]* passed, [0-9]* failed, \([0-9][0-9]*\) skipped$/\1/p')
	p=${p:-0} f=${f:-1} s=${s:-0}
	if [ "$rc" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
	if [ "$f" -ne 0 ] || [ "$s" -ne 0 ]; then cat "$log"; fi
	part "$what" "$p" "$f" "$s"
}

for which; do
	case $which in
	units) units ;;
	specs) specs ;;
	# report.html in a real Chromium
	browser) counted browser env BUILD="$build" sh test/browser/browser.sh ;;
	# each fuzz harness with the same inputs every time; `make fuzz` continues from there
	fuzz) counted fuzz env BUILD="$build-fuzz" FUZZ_SECONDS= sh test/fuzz/run.sh ;;
	# a few runs killed at random moments; `make crash` does many
	crash) counted crash "$moonrig" _lua test/crash.lua smoke/loopback 8 4 ;;
	# the faults without the VM; `make sabotage` does all
	sabotage) counted sabotage "$moonrig" sabotage ;;
	# the cheap targets of the Makefile
	targets) counted targets sh test/targets.sh ;;
	# each measurement once, without a figure; `make bench` measures
	bench) counted bench "$moonrig" _lua test/bench.lua --small ;;
	smoke) scenarios smoke scripts/smoke/loopback.lua ;;
	cases) scenarios cases smoke test/cases scripts/vdev_primary_secondary ;;
	# the plan's two cases with another release's DPDK and QEMU; `make matrix` runs the whole product
	suites) scenarios suites --dpdk debian:trixie --qemu debian:trixie vdev_primary_secondary/hotplug \
		vdev_primary_secondary/symmetric ;;
	# the machine boots; `make kvm` runs guests in it, which its emulated KVM does not always run soundly
	kvm) counted kvm "$moonrig" _lua test/kvm/kvm.lua device ;;
	*)
		echo "all.sh: \"$which\" is not one of units, specs, browser, fuzz, crash, sabotage, targets, bench, smoke, cases, suites, kvm" >&2
		exit 4
		;;
	esac
done
repeat
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ] && [ "$bad" -eq 0 ]
