#!/bin/sh
# need: installs missing Debian packages. As root it shows the progress: in one line on a terminal, with a line for each
# step on a pipe. For other users it prints the command to run. Exit status 3: a package is missing.
set -eu

missing=
for name; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) || state=
	[ "$state" = installed ] || missing="$missing $name"
done
[ -n "$missing" ] || exit 0

command="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" != 0 ]; then
	echo "moonrig: packages are missing; run this, then try again:" >&2
	echo "  sudo apt-get update && sudo $command" >&2
	exit 3
fi

columns=0
if [ -t 1 ]; then
	{ size=$(stty size <&6 2>/dev/null) || size=; } 6>&1
	columns=${size#* }
	[ "${columns:-0}" -gt 0 ] 2>/dev/null || columns=80
fi
erase=$(printf '\r\033[K')
# the output of apt, in a file without a name: nothing to remove
log=$(mktemp)
exec 4>"$log"
exec 5<"$log"
rm "$log"
trap '[ "$columns" = 0 ] || printf %s "$erase"; exit 130' INT TERM HUP

# follow WHAT SINCE: shows apt's progress from its status lines (kind:package:percent:text). Returns apt's exit status,
# which is in the last line.
follow() {
	while IFS=: read -r kind name percent text; do
		case $kind in
		ended) return "$name" ;;
		dlstatus | pmstatus) ;;
		*) continue ;;
		esac
		[ "$columns" -gt 0 ] || continue
		# dash takes no ".*" behind another %s
		printf "%s%.$((columns - 1))s" "$erase" \
			"packages  $1 ... $(($(date +%s) - $2)) s, ${percent%%.*} %: $text"
	done
	# no line with the status came
	return 1
}

# step WHAT COMMAND...: runs a command of apt; prints its last lines if it fails
step() {
	what=$1
	shift
	since=$(date +%s)
	[ "$columns" -gt 0 ] || echo "packages  $what ..."
	rc=0
	{ "$@" -q -o APT::Status-Fd=3 3>&1 >&4 2>&4 5<&- && echo ended:0 || echo "ended:$?"; } |
		follow "$what" "$since" || rc=$?
	[ "$columns" = 0 ] || printf %s "$erase"
	seconds=$(($(date +%s) - since))
	if [ "$rc" = 0 ]; then
		echo "packages  $what: done, $seconds s"
		return
	fi
	echo "packages  $what: FAILED, $seconds s"
	tail -n 12 <&5 >&2
	echo "moonrig: failed: $*" >&2
	exit 3
}

export DEBIAN_FRONTEND=noninteractive
echo "moonrig: packages are missing:$missing"
step "fetch the lists of packages" apt-get update
# shellcheck disable=SC2086
step "install" $command
