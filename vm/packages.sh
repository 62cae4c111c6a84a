# packages: unpack the guest's Debian packages into $WORK/root, from the sources of this machine's apt.
# No program of them runs, so neither root nor user namespaces are needed.
set -eu
: "${WORK:?}"
umask 022

export TMPDIR="$WORK"
export LC_ALL=C

# mmdebstrap does not show apt's message about a full disk.
need=700
free=$(df -Pm "$WORK" | awk 'NR == 2 { print $4 }')
if [ "$free" -lt "$need" ]; then
	echo "packages: no space left: $need MB are needed in $WORK, $free MB are free" >&2
	exit 1
fi

# A Debian's own sources, in either format. Elsewhere mmdebstrap knows where Debian's packages are.
set --
# shellcheck source=/dev/null
is_debian=$([ "$(. /etc/os-release && echo "$ID")" != debian ] || echo yes)
[ -z "$is_debian" ] || for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
	if [ -s "$f" ]; then
		set -- "$@" "$f"
	fi
done
if [ $# -eq 0 ] && [ -n "$is_debian" ]; then
	echo "packages: this machine's apt has no sources: nowhere to fetch from" >&2
	exit 1
fi
# apt's options: proxies, date checks
apt-config dump | grep '^Acquire::' >"$WORK/apt.conf" || true

# An install script would make Debian's merged /usr.
# shellcheck disable=SC2016 # mmdebstrap expands these two
merge='for d in bin sbin lib lib64; do mkdir -p "$1/usr/$d" && ln -s "usr/$d" "$1/$d" || exit 1; done'

# The static busybox, for the boot, cannot be installed beside the other one.
# shellcheck disable=SC2016
alone='cd "$WORK" && APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -qq -o APT::Sandbox::User=root download busybox-static'

# mmdebstrap 1.5 refuses this mode to root, as scripts of packages could change this machine: none runs.
mmdebstrap --variant=extract --mode=chrootless --skip=check/chrootless --format=directory \
	--aptopt="$WORK/apt.conf" --include="$PACKAGES" \
	--setup-hook="$merge" --extract-hook="$alone" \
	--dpkgopt='path-exclude=/usr/share/doc/*' \
	--dpkgopt='path-exclude=/usr/share/man/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' \
	--dpkgopt='path-exclude=/usr/include/*' \
	"$SUITE" "$WORK/root" "$@"

mkdir "$WORK/alone"
dpkg-deb -x "$WORK"/busybox-static_*.deb "$WORK/alone"
