#!/bin/sh
# browser: report.html in a real Chromium, opened from disk. $BUILD has moonrig, and npm/ with playwright-core.
# $SHOTS (optional) is a folder for pictures of it.
set -u
cd "$(dirname "$0")/../.." || exit 3

build=${BUILD:-build}
work=$(mktemp -d) || exit 3
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

"./$build/moonrig" run test/browser/browser -o "$work/out" -q >"$work/log" 2>&1
if [ ! -e "$work/out/latest/report.html" ]; then
	cat "$work/log"
	echo "0 passed, 1 failed"
	exit 1
fi
run=$(readlink -f "$work/out/latest")
# as a failure leaves it: the last lines of two consoles, the one that was silent for longer first
sed -i 's|"consoles": \[\]|"consoles": [{"name":"early","t":0.01,"lines":["early <b>word</b>"]},\
	{"name":"hostile","t":0.6,"lines":["ready>"]}]|' "$run/results.json"
"./$build/moonrig" report "$run" >"$work/log" || cat "$work/log"
# as a killed worker leaves it: half a line at the end, a missing transcript
cp -r "$run" "$work/torn"
printf '{"t":1,"ev":"che' >>"$work/torn/timeline.jsonl"
rm "$work/torn/browser.many/many.log"
"./$build/moonrig" report "$work/torn" >"$work/log" || cat "$work/log"
# a history before it: six passes, one of them slow, then this run again; its report is written again
mkdir "$work/history"
for i in 1 2 3 4 5 6; do
	before=$work/history/20260101T000000Z-$i
	mkdir "$before"
	seconds=2
	[ "$i" = 6 ] && seconds=4
	printf '{"id":"%s","seconds":1,"cases":[{"plan":"browser","name":"many","status":"PASS","seconds":%s},
		{"plan":"browser","name":"failing","status":"%s","seconds":1}]}' "${before##*/}" $seconds \
		"$([ "$i" = 3 ] && echo '<img src=x>' || echo FAIL)" >"$before/results.json"
done
last=$work/history/20260102T000000Z-1
cp -r "$run" "$last"
sed -i "s/$(basename "$run")/${last##*/}/" "$last/results.json"
"./$build/moonrig" history -o "$work/history" >"$work/log" || cat "$work/log"
"./$build/moonrig" report "$last" >"$work/log" || cat "$work/log"
"./$build/moonrig" report "$work/history/20260101T000000Z-6" >"$work/log" || cat "$work/log"
# a case that is retried, and one in rounds side by side; the first attempt fails
export SOMETIMES="$work/sometimes"
for how in "--retry 2" "--repeat 3 -j 2"; do
	name=$(echo "$how" | tr -dc 'a-z0-9')
	rm -f "$SOMETIMES"
	# shellcheck disable=SC2086
	"./$build/moonrig" run test/browser/browser_tries $how -o "$work/$name" -q >"$work/log" 2>&1
done
SOMETIMES=$work/no/such "./$build/moonrig" run test/browser/browser_tries --retry 1 -o "$work/never" -q >"$work/log" 2>&1
# consoles that a failed check names, and others; the times of one transcript are written here
"./$build/moonrig" run test/browser/browser_words -o "$work/words" -q >"$work/log" 2>&1
words=$(readlink -f "$work/words/latest")
printf 'ready> EAL: late\n' >"$words/browser_words.blamed/dated.log"
for chunk in '0.020000 0 7' '0.090000 7 10'; do
	# shellcheck disable=SC2086
	printf '{"t":%s,"ev":"output","case":"browser_words/blamed","console":"dated","at":%s,"len":%s}\n' $chunk \
		>>"$words/timeline.jsonl"
done
"./$build/moonrig" report "$words" >"$work/log" || cat "$work/log"
node test/browser/browser.mjs "$PWD/$build/npm" "$run/report.html" "$work/torn/report.html" "$work"
