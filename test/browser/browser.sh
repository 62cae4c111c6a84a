#!/bin/sh
# browser: report.html in a real Chromium, opened from disk. $BUILD has moonrig, and npm/ with playwright-core.
# $SHOTS (optional) is a folder for pictures of it.
set -u
cd "$(dirname "$0")/../.." || exit 3

build=${BUILD:-build}
work=$(mktemp -d) || exit 3
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

"./$build/moonrig" run test/browser/browser -o "$work/out" -q >"$work/output" 2>&1
if [ ! -e "$work/out/latest/report.html" ]; then
	cat "$work/output"
	echo "0 passed, 1 failed"
	exit 1
fi
run=$(readlink -f "$work/out/latest")
# as a failure leaves it: the last lines of two consoles, the one that was silent for longer first
sed -i 's|"consoles": \[\]|"consoles": [{"name":"early","t":0.01,"lines":["early <b>word</b>"]},\
	{"name":"hostile","t":0.6,"lines":["ready>"]}]|' "$run/results.json"
"./$build/moonrig" report "$run" >"$work/output" || cat "$work/output"
# what a killed worker leaves: half a line at the end, a transcript that is gone
cp -r "$run" "$work/torn"
printf '{"t":1,"ev":"che' >>"$work/torn/timeline.jsonl"
rm "$work/torn/browser.many/many.log"
"./$build/moonrig" report "$work/torn" >"$work/output" || cat "$work/output"
# a history before it: six passes, of which one took long, then this run once more; the report is made again with it
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
"./$build/moonrig" history -o "$work/history" >"$work/output" || cat "$work/output"
"./$build/moonrig" report "$last" >"$work/output" || cat "$work/output"
"./$build/moonrig" report "$work/history/20260101T000000Z-6" >"$work/output" || cat "$work/output"
# one case with a retry, and in rounds side by side; its first try fails
export SOMETIMES="$work/sometimes"
for how in "--retry 2" "--repeat 3 -j 2"; do
	name=$(echo "$how" | tr -dc 'a-z0-9')
	rm -f "$SOMETIMES"
	# shellcheck disable=SC2086
	"./$build/moonrig" run test/browser/browser_retries $how -o "$work/$name" -q >"$work/output" 2>&1
done
SOMETIMES=$work/no/such "./$build/moonrig" run test/browser/browser_retries --retry 1 -o "$work/never" -q >"$work/output" 2>&1
# with two DPDKs that no case runs, the first in a folder of hostile name; it fails with the first one. Of a third
# combination the results are gone
for name in 'one<img src=x>' two three; do
	at=$work/$name
	mkdir -p "$at/app" "$at/meson-info"
	cp /bin/false "$at/app/dpdk-testpmd"
	printf '{"directories":{"source":"/"}}' >"$at/meson-info/meson-info.json"
	printf '[]' >"$at/meson-info/intro-buildoptions.json"
done
rm -f "$SOMETIMES"
"./$build/moonrig" run test/browser/browser_retries --dpdk "$work/one<img src=x>" --dpdk "$work/two" \
	--dpdk "$work/three" -o "$work/made" -q >"$work/output" 2>&1
rm -r "$(readlink -f "$work/made/latest")" && rm "$work/made/latest"
# in another place than they were made
mv "$work/made" "$work/several"
# as a guest with another DPDK leaves it
sed -i 's|"title": |"mix": {"guest": "22.11 <b>", "host": "24.11"}, "title": |' "$work"/several/2*/results.json
n=1
for one in "$work"/several/2*; do
	"./$build/moonrig" report "$one" >"$work/output" || cat "$work/output"
	ln -s "$(basename "$one")" "$work/several/combination$n"
	n=$((n + 1))
done
# consoles that a failed check names, and some that it does not; one whose transcript is dated by us
"./$build/moonrig" run test/browser/browser_words -o "$work/words" -q >"$work/output" 2>&1
words=$(readlink -f "$work/words/latest")
printf 'ready> EAL: late\n' >"$words/browser_words.blamed/dated.log"
for chunk in '0.020000 0 7' '0.090000 7 10'; do
	# shellcheck disable=SC2086
	printf '{"t":%s,"ev":"output","case":"browser_words/blamed","console":"dated","at":%s,"len":%s}\n' $chunk \
		>>"$words/timeline.jsonl"
done
"./$build/moonrig" report "$words" >"$work/output" || cat "$work/output"
node test/browser/browser.mjs "$PWD/$build/npm" "$run/report.html" "$work/torn/report.html" "$work"
