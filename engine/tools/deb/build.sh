#!/bin/sh
# build: builds the Debian package of version $2 in $1: copies the sources, writes debian/, prints the package's path.
set -eu
cd "$(dirname "$0")/../../.."
out=$1 version=$2
source="$out/moonrig-$version"

rm -rf "$out"
mkdir -p "$source/results"
cp -a Makefile test engine scripts lib vm docs README.md LICENSE "$source/"
cp engine/tools/deb/control engine/tools/deb/rules "$source/"
# includes the files from npm: a package's build has no network
mkdir -p "$source/build/charts"
cp -a "$out"/../charts/. "$source/build/charts/" 2>/dev/null || :
touch "$source/build/charts/tried"
mkdir -p "$source/debian/source"
mv "$source/control" "$source/rules" "$source/debian/"
chmod +x "$source/debian/rules"
echo '3.0 (native)' >"$source/debian/source/format"

# The last commit's time, so that the same sources give the same package.
stamp=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y Makefile)
maintainer=$(sed -n 's/^Maintainer: //p' engine/tools/deb/control)
{
	printf 'moonrig (%s) %s; urgency=medium\n\n  * See the commits.\n\n' "$version" \
		"$(. /etc/os-release && echo "${VERSION_CODENAME:-unstable}")"
	printf ' -- %s  %s\n' "$maintainer" "$(LC_ALL=C date -u -R -d "@$stamp")"
} >"$source/debian/changelog"

{
	printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: moonrig\n\n'
	printf 'Files: *\nCopyright: %s\nLicense: BSD-3-Clause\n' "$(sed -n 's/^Copyright *//p' LICENSE)"
	sed '1,2d; s/^$/./; s/^/ /' LICENSE
} >"$source/debian/copyright"

(cd "$source" && dpkg-buildpackage -b -us -uc) >"$out/log" 2>&1 ||
	{ tail -n 30 "$out/log" >&2; echo "build: full log: $out/log" >&2; exit 1; }
ls "$out/moonrig_$version"_*.deb
