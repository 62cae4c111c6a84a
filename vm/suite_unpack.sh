# suite_unpack: download the packages of $WORK/names (NAME=VERSION, a line each) with the apt of suite_list.sh, and unpack
# them into $WORK/out/root. No program of them runs, so any user can do it.
set -eu
: "${WORK:?}"
umask 022
export LC_ALL=C

# the message of a full disk names no size
need=400
free=$(df -Pm "$WORK" | awk 'NR == 2 { print $4 }')
if [ "$free" -lt "$need" ]; then
	echo "suite_unpack: no space left: $need MB are needed in $WORK, $free MB are free" >&2
	exit 1
fi

cd "$WORK/apt"
# shellcheck disable=SC2046
APT_CONFIG=./apt.conf apt-get -q download $(cat "$WORK/names")

cd "$WORK/out/root"
# an install script would make Debian's merged /usr
for dir in bin sbin lib lib64; do
	mkdir -p "usr/$dir"
	ln -s "usr/$dir" "$dir"
done
for deb in "$WORK"/apt/*.deb; do
	# of static libraries only the C library's: programs name some of its parts, which are empty, with -l
	static='--exclude=*.a'
	case ${deb##*/} in libc6-dev_*) static=--exclude=./usr/share/doc ;; esac
	# fails for a broken package, too: tar then misses the end of the archive
	dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink --no-same-owner "$static" \
		--exclude=./usr/share/doc --exclude=./usr/share/man --exclude=./usr/share/locale \
		--exclude=./usr/share/lintian --exclude=./usr/share/bug --exclude=./usr/share/doc-base \
		--exclude=./usr/lib/x86_64-linux-gnu/gconv --exclude=./usr/lib/x86_64-linux-gnu/libcap2 \
		--exclude=./usr/bin/qemu-system-i386
	rm "$deb"
done
