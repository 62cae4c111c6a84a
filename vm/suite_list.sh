# suite_list: write the packages that $PACKAGES of the Debian suite $SUITE depend on to $WORK/list, a line "Inst NAME
# (VERSION ARCHIVE [amd64])" each. apt has folders of its own in $WORK: nothing of this machine is changed, and any user
# can run it.
set -eu
: "${WORK:?}" "${SUITE:?}" "${MIRROR:?}" "${PACKAGES:?}"
umask 022
export LC_ALL=C

mkdir -p "$WORK/apt/etc/preferences.d" "$WORK/apt/etc/apt.conf.d" "$WORK/apt/lists/partial" "$WORK/apt/cache/archives/partial"
: >"$WORK/apt/status"

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
signed=
[ ! -r "$keyring" ] || signed="[signed-by=$keyring]"
# backports holds only what differs from its suite
for suite in ${SUITE%-backports} $SUITE; do
	echo "deb $signed $MIRROR $suite main"
done | uniq >"$WORK/apt/etc/sources.list"

# The machine's options of downloads (proxies, date checks), and none of its hooks: they act on the machine. Relative
# names: a name in this file can hold no quote.
{
	apt-config dump | grep '^Acquire::' || true
	cat <<END
Dir ".";
Dir::Etc "./etc";
Dir::Etc::netrc "/etc/apt/auth.conf";
Dir::Etc::netrcparts "/etc/apt/auth.conf.d";
Dir::Etc::trusted "/etc/apt/trusted.gpg";
Dir::Etc::trustedparts "/etc/apt/trusted.gpg.d";
Dir::State ".";
Dir::State::lists "./lists";
Dir::State::status "./status";
Dir::Cache "./cache";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Sandbox::User "root";
APT::Install-Recommends "false";
APT::Default-Release "$SUITE";
Acquire::Languages "none";
END
} >"$WORK/apt/apt.conf"

cd "$WORK/apt"
export APT_CONFIG=./apt.conf
apt-get -q -o APT::Update::Error-Mode=any update
# shellcheck disable=SC2086
apt-get -qq -s install $PACKAGES >"$WORK/simulated" || {
	cat "$WORK/simulated"
	exit 1
}
grep '^Inst ' "$WORK/simulated" >"$WORK/list"
