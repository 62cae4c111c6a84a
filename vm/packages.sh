# packages: unpack the guest's Debian packages into $WORK/root, from where this machine gets its own.
# Nothing of them runs, so neither root nor user namespaces are needed.
set -eu
: "${WORK:?}"
umask 022

export TMPDIR="$WORK"
export LC_ALL=C

# apt's own message about a full disk does not come through.
need=700
free=$(df -Pm "$WORK" | awk 'NR == 2 { print $4 }')
if [ "$free" -lt "$need" ]; then
	echo "packages: no space left: $need MB are needed in $WORK, $free MB are free" >&2
	exit 1
fi

# The machine's own sources, in either format, and how it reaches them (proxies, checks of the date).
set --
for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
	if [ -s "$f" ]; then
		set -- "$@" "$f"
	fi
done
if [ $# -eq 0 ]; then
	echo "packages: this machine's apt has no sources: nowhere to fetch from" >&2
	exit 1
fi
apt-config dump | grep '^Acquire::' >"$WORK/apt.conf" || true

# Debian's merged /usr is made by a maintainer script elsewhere.
# shellcheck disable=SC2016 # mmdebstrap expands these two
merge='for d in bin sbin lib lib64; do mkdir -p "$1/usr/$d" && ln -s "usr/$d" "$1/$d" || exit 1; done'

# testpmd's package depends on all of DPDK, header files included; image.lua names what it links.
# shellcheck disable=SC2016
alone='cd "$WORK" && APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -qq -o APT::Sandbox::User=root download dpdk-dev'

mmdebstrap --quiet --variant=extract --mode=chrootless --format=directory \
	--aptopt="$WORK/apt.conf" --include="$PACKAGES" \
	--setup-hook="$merge" --extract-hook="$alone" \
	--dpkgopt='path-exclude=/usr/share/doc/*' \
	--dpkgopt='path-exclude=/usr/share/man/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' \
	--dpkgopt='path-exclude=/usr/include/*' \
	"$SUITE" "$WORK/root" "$@"

mkdir "$WORK/alone"
dpkg-deb -x "$WORK"/dpdk-dev_*.deb "$WORK/alone"
cp "$WORK/alone/usr/bin/dpdk-testpmd" "$WORK/alone/usr/bin/dpdk-proc-info" "$WORK/root/usr/bin/"
