#!/bin/sh
# need: the Debian packages named, installed where they are missing. As root it installs them and shows how far that
# is: on a terminal in a line that is drawn anew, on a pipe with a line a step. For others it names the one command to
# run, and ends with 3, as where a package could not be installed.
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
# apt's words, in a file that nobody has to remove
log=$(mktemp)
exec 4>"$log"
exec 5<"$log"
rm "$log"
trap '[ "$columns" = 0 ] || printf %s "$erase"; exit 130' INT TERM HUP

# follow WHAT SINCE: how far it is, by apt's status lines (kind:package:percent:text), until the line with its status,
# which is passed on as ours.
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
	# who was to say how it ended did not
	return 1
}

# step WHAT COMMAND...: a command of apt's, with its last words where it fails
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
