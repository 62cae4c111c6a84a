#!/bin/sh
# need: the Debian packages named, installed where they are missing. As root it installs them and says
# which; for others it names the one command to run, and ends with 3.
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
echo "moonrig: installing missing packages:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >/dev/null
# shellcheck disable=SC2086
$command -q >/dev/null || { echo "moonrig: failed: $command" >&2; exit 3; }
