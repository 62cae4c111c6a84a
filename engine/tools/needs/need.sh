#!/bin/sh
# need: finds what is missing of the table beside this file for the purposes $@ (build run test ...). On Debian 12 and later
# apt.sh installs its packages; elsewhere this prints what is missing, by its kind. Exit status 3: something is missing.
# $OS_RELEASE names another /etc/os-release, for tests.
set -eu
here=$(dirname "$0")
PATH=$PATH:/usr/sbin:/sbin

# the templates of Lua's own search, "?" for the module
lua='/usr/local/share/lua/5.1/?.lua:/usr/share/lua/5.1/?.lua:/usr/share/lua/5.1/?/init.lua:/usr/local/lib/lua/5.1/?.so'
lua="$lua"':/usr/lib/lua/5.1/?.so:/usr/lib64/lua/5.1/?.so:/usr/lib/*/lua/5.1/?.so'

# field NAME: from os-release, which is a shell script
field() {
	# shellcheck source=/dev/null
	(. "${OS_RELEASE:-/etc/os-release}" 2>/dev/null && eval "printf %s \"\${$1:-}\"") || :
}

has_lua() {
	path=$(echo "$1" | tr . /)
	IFS=';:'
	for template in ${LUA_PATH:-} ${LUA_CPATH:-} $lua; do
		# a shell's pattern may stand for several folders
		for file in ${template%%\?*}$path${template#*\?}; do
			[ ! -e "$file" ] || return 0
		done
	done
	return 1
}

# Debian's Python has Debian's modules, but another one may be first in PATH.
has_python() {
	"$1" -c "import importlib.util as u, sys; sys.exit(not u.find_spec('$2'))" 2>/dev/null
}

# has KIND NAME PACKAGE
has() {
	case $1 in
	program) [ "$2" != gcc ] || set -- "$1" "${CC:-gcc}"; command -v "${2%% *}" >/dev/null ;;
	library) pkg-config --exists "$2" 2>/dev/null ;;
	header) echo "#include <$2>" | ${CC:-gcc} -E - >/dev/null 2>&1 ;;
	lua) (has_lua "$2") ;;
	python) has_python python3 "$2" || has_python /usr/bin/python3 "$2" ;;
	path) [ -e "$2" ] ;;
	package) [ "$3" = - ] || [ "$(dpkg-query -W -f '${db:Status-Status}' "$3" 2>/dev/null)" = installed ] ;;
	*) return 1 ;;
	esac
}

# package WORD...: the one of this Debian
package() {
	name=-
	for word; do
		case $word in
		*:*) [ "$debian" -lt "${word%%:*}" ] || name=${word#*:} ;;
		*) name=$word ;;
		esac
	done
	echo "$name"
}

# testing and unstable have no number
debian=0
if [ "$(field ID)" = debian ]; then
	debian=$(field VERSION_ID)
	debian=${debian:-99}
fi

# rows: what is missing, as "kind name package"
rows() {
	for purpose; do
		sed -n "s/^$purpose  *//p" "$here/table"
	done | while read -r kind name packages; do
		# shellcheck disable=SC2086 # words
		packages=$(package $packages)
		[ "$debian" -ge 12 ] || [ "$kind" != package ] || continue
		has "$kind" "$name" "$packages" || echo "$kind $name $packages"
	done
}

# list KIND WORDS: the missing ones of a kind in a line
list() {
	names=$(echo "$missing" | awk -v kind="$1" '$1 == kind && !seen[$2]++ { printf " %s", $2 }')
	[ -z "$names" ] || echo "  $2:$names" >&2
}

for purpose; do
	grep -q "^$purpose " "$here/table" && continue
	echo "need: nothing in the table is for \"$purpose\"" >&2
	exit 4
done
missing=$(rows "$@")
[ -n "$missing" ] || exit 0
if [ "$debian" -ge 12 ]; then
	# shellcheck disable=SC2046 # names
	exec sh "$here/apt.sh" $(echo "$missing" | awk '$3 != "-" && !seen[$3]++ { print $3 }')
fi

echo "moonrig: $(field PRETTY_NAME) is not Debian 12 or later: install what is missing, then try again" >&2
list program "programs (searched in PATH; CC= names another compiler)"
list library "libraries with their headers (searched by pkg-config; PKG_CONFIG_PATH= names more folders)"
list header "headers of C (searched by the compiler; CPATH= names more folders)"
list lua "modules of Lua 5.1 (searched in LUA_PATH and LUA_CPATH)"
list python "modules of Python 3 (searched in PYTHONPATH)"
list path "files"
exit 3
