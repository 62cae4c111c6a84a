#!/bin/sh
# check: the Debian package $1, installed with what it depends on into a minimal Debian made for that, and used there by
# somebody without rights. All is in namespaces and in a folder that end with us. Root is needed.
set -eu
export LC_ALL=C
deb=$(realpath "$1")

fail() {
	echo "deb-check: $*" >&2
	exit 1
}

[ "$(id -u)" = 0 ] || fail "root is needed: the packages' own scripts run in the folder"
work=$(mktemp -d /var/tmp/moonrig-deb.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# The machine's own sources, and how it reaches them.
set --
for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
	if [ -s "$f" ]; then
		set -- "$@" "$f"
	fi
done
[ $# -gt 0 ] || fail "this machine's apt has no sources: nowhere to fetch from"
apt-config dump | grep '^Acquire::' >"$work/apt.conf" || true
cp "$deb" "$work/moonrig.deb"

# What somebody would do first. A `what it is to say` behind each.
cat >"$work/use" <<'END'
set -eu
cd "$HOME"
say() { # PATTERN COMMAND...
	pattern=$1
	shift
	"$@" >said 2>&1 || { echo "deb-check: $* ended with $?:"; cat said; exit 1; }
	grep -q -e "$pattern" said || { echo "deb-check: $* does not say \"$pattern\":"; cat said; exit 1; }
	echo "deb-check: $*"
}
[ "$(id -u)" != 0 ]
say '^moonrig [0-9]' moonrig --version
say 't:vm(options)' moonrig help t:vm
say '^# Writing scenarios' moonrig help scenarios
say 'scripts/mine/first.lua' moonrig new mine/first
say '^PASS  mine/first ' moonrig run mine
say '^results: .*/\.local/state/moonrig/results/' moonrig run mine -q
say '^mine/first ' moonrig list
say '^smoke/loopback ' moonrig list
say '^PASS  smoke/loopback ' moonrig run smoke/loopback
say '\.TH "moonrig" "1"' zcat /usr/share/man/man1/moonrig.1.gz
say 'moonrig' cat /usr/share/bash-completion/completions/moonrig
END

# shellcheck disable=SC2016 # mmdebstrap's shell expands $1
unshare --mount --pid --fork --kill-child --mount-proc env TMPDIR="$work" \
	mmdebstrap --quiet --variant=apt --format=null --aptopt="$work/apt.conf" \
	--customize-hook="upload $work/moonrig.deb /tmp/moonrig.deb" \
	--customize-hook="upload $work/use /tmp/use" \
	--customize-hook='chroot "$1" apt-get -qq install -y --no-install-recommends /tmp/moonrig.deb >"$1/tmp/deb-check.log" 2>&1 ||
		{ cat "$1/tmp/deb-check.log"; exit 1; }' \
	--customize-hook='chroot "$1" useradd -m somebody' \
	--customize-hook='chroot "$1" setpriv --reuid somebody --regid somebody --clear-groups env HOME=/home/somebody sh /tmp/use' \
	bookworm - "$@" || fail "see above"
echo "1 passed, 0 failed"
