#!/bin/sh
# valgrind: units, specs and a case under memcheck: no error and no leak in any process of moonrig (supervisor, guard,
# worker, other forks). Programs that these start are not checked.
set -u
cd "$(dirname "$0")/.." || exit 3

log=$(mktemp) || exit 3
trap 'rm -f "$log"' EXIT
# one log for all processes: a log of its own would be one more descriptor in each child
exec 9>>"$log"

# Left out: specs with many runs at once and deadlines of a second, which fail at a twentieth of the speed. Other specs
# start the same programs.
SPECS=
for spec in test/specs/*/*_spec.lua; do
	case $spec in
	*/stuck_spec.lua | */two_runs_spec.lua) ;;
	*) SPECS="$SPECS $spec" ;;
	esac
done
export MOONRIG_LEAK_CHECK=1
UNDER="valgrind --log-fd=9 --vgdb=no --suppressions=$PWD/test/valgrind.supp --leak-check=full
	--show-leak-kinds=definite,possible --errors-for-leak-kinds=definite,possible --trace-children=yes
	--trace-children-skip=/bin/*,/sbin/*,/usr/*bin/*,/usr/lib*,/usr/local/*,${TMPDIR:-/tmp}/moonrig-*,*/fake_*,*/shim,*/image-*/examples/*"
export SPECS UNDER

sh test/all.sh units specs smoke
status=$?
checked=$(grep -c 'ERROR SUMMARY: ' "$log")
bad=$(grep -c 'ERROR SUMMARY: [1-9]' "$log")
if [ "$bad" -gt 0 ]; then
	for pid in $(sed -n 's/^==\([0-9]*\)== ERROR SUMMARY: [1-9].*/\1/p' "$log"); do
		grep "^==$pid==" "$log"
	done
fi
workers=$(grep -c '^==[0-9]*== Command: .*moonrig _worker' "$log")
echo "valgrind: $checked processes checked, $workers workers among them, $bad with errors"
[ "$status" -eq 0 ] && [ "$bad" -eq 0 ] && [ "$workers" -gt 0 ]
