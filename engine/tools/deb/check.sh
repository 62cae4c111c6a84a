#!/bin/sh
# check: installs the Debian package $1 into a new minimal Debian of this machine's release, in namespaces, and uses it
# there as an ordinary user. Needs root; removes everything at its end.
set -eu
export LC_ALL=C
deb=$(realpath "$1")

fail() {
	echo "deb-check: $*" >&2
	exit 1
}

[ "$(id -u)" = 0 ] || fail "needs root: the packages' scripts run in a chroot"
work=$(mktemp -d /var/tmp/moonrig-deb.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# The machine's own apt sources and proxy.
set --
for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
	if [ -s "$f" ]; then
		set -- "$@" "$f"
	fi
done
[ $# -gt 0 ] || fail "apt on this machine has no sources, so no package can be installed"
apt-config dump | grep '^Acquire::' >"$work/apt.conf" || true
cp "$deb" "$work/moonrig.deb"

# The first commands of a new user, each with its expected output.
cat >"$work/use" <<'END'
set -eu
cd "$HOME"
expect() { # PATTERN COMMAND...
	pattern=$1
	shift
	"$@" >output 2>&1 || { echo "deb-check: $* exited with status $?:"; cat output; exit 1; }
	grep -q -e "$pattern" output || { echo "deb-check: no \"$pattern\" in the output of $*:"; cat output; exit 1; }
	echo "deb-check: $*"
}
[ "$(id -u)" != 0 ]
expect '^moonrig [0-9]' moonrig --version
expect 't:vm(options)' moonrig help t:vm
expect '^# Writing scenarios' moonrig help scenarios
expect 'scripts/mine/first.lua' moonrig new mine/first
expect '^PASS  mine/first ' moonrig run mine
expect '^results: .*/\.local/state/moonrig/results/' moonrig run mine -q
expect '^mine/first ' moonrig list
expect '^smoke/loopback ' moonrig list
expect '^PASS  smoke/loopback ' moonrig run smoke/loopback
expect '\.TH "moonrig" "1"' zcat /usr/share/man/man1/moonrig.1.gz
expect 'moonrig' cat /usr/share/bash-completion/completions/moonrig
END

# shellcheck disable=SC2016 # mmdebstrap's shell expands $1
unshare --mount --pid --fork --kill-child --mount-proc env TMPDIR="$work" \
	mmdebstrap --quiet --variant=apt --format=null --aptopt="$work/apt.conf" \
	--customize-hook="upload $work/moonrig.deb /tmp/moonrig.deb" \
	--customize-hook="upload $work/use /tmp/use" \
	--customize-hook='chroot "$1" apt-get -qq install -y --no-install-recommends /tmp/moonrig.deb >"$1/tmp/deb-check.log" 2>&1 ||
		{ cat "$1/tmp/deb-check.log"; exit 1; }' \
	--customize-hook='chroot "$1" useradd -m user' \
	--customize-hook='chroot "$1" setpriv --reuid user --regid user --clear-groups env HOME=/home/user sh /tmp/use' \
	"$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")" - "$@" || fail "see above"
echo "1 passed, 0 failed"
