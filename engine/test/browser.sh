#!/bin/sh
# browser: report.html in a real Chromium, opened from disk. $BUILD has moonrig, and npm/ with playwright-core.
# $SHOTS (optional) is a folder for pictures of it.
set -u
cd "$(dirname "$0")/../.." || exit 3

build=${BUILD:-build}
work=$(mktemp -d) || exit 3
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

"./$build/moonrig" run engine/test/browser -o "$work/out" -q >"$work/said" 2>&1
if [ ! -e "$work/out/latest/report.html" ]; then
	cat "$work/said"
	echo "0 passed, 1 failed"
	exit 1
fi
run=$(readlink -f "$work/out/latest")
# what testpmd and its like leave: the words of two consoles, the one that was silent for long first
sed -i 's|"consoles": \[\]|"consoles": [{"name":"early","t":0.01,"lines":["early <b>word</b>"]},\
	{"name":"hostile","t":0.6,"lines":["ready>"]}]|' "$run/results.json"
"./$build/moonrig" report "$run" >"$work/said" || cat "$work/said"
# what a killed worker leaves: half a line at the end, a transcript that is gone
cp -r "$run" "$work/torn"
printf '{"t":1,"ev":"che' >>"$work/torn/timeline.jsonl"
rm "$work/torn/browser.many/many.log"
"./$build/moonrig" report "$work/torn" >"$work/said" || cat "$work/said"
node engine/test/browser.mjs "$PWD/$build/npm" "$run/report.html" "$work/torn/report.html" "$work"
