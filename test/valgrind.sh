#!/bin/sh
# valgrind: units, specs and a case under memcheck: no error and no leak in any process that is moonrig's,
# supervisor, guard, worker and whatever else was forked. What those start is not watched.
set -u
cd "$(dirname "$0")/.." || exit 3

log=$(mktemp) || exit 3
trap 'rm -f "$log"' EXIT
# one for all: a file a process would be a descriptor more in each child
exec 9>>"$log"

# A dozen runs at once, each with a second to live, and what is killed when: that is not to be had twenty
# times slower. Both start the same programs as the other specs do.
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
watched=$(grep -c 'ERROR SUMMARY: ' "$log")
bad=$(grep -c 'ERROR SUMMARY: [1-9]' "$log")
if [ "$bad" -gt 0 ]; then
	for pid in $(sed -n 's/^==\([0-9]*\)== ERROR SUMMARY: [1-9].*/\1/p' "$log"); do
		grep "^==$pid==" "$log"
	done
fi
workers=$(grep -c '^==[0-9]*== Command: .*moonrig _worker' "$log")
echo "valgrind: $watched processes watched, $workers workers among them, $bad with errors"
[ "$status" -eq 0 ] && [ "$bad" -eq 0 ] && [ "$workers" -gt 0 ]
