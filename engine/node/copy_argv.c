/* copy_argv: the commands of a copy: what sends it, and what receives it. */
#include "node/copy_argv.h"

#include <inttypes.h>
#include <sys/random.h>

/* $1: the path. Prints "file MODE" or "folder", then the bytes or an archive. A file is read by
 * cat: those of /proc have no size. */
static const char sender[] =
	"LC_ALL=C; export LC_ALL; "
	"if [ -d \"$1\" ]; then case $(readlink -f \"$1\") in /proc | /proc/* | /sys | /sys/*) "
	"echo \"a folder of the kernel's: copy its files one by one\" >&2; exit 1;; esac; "
	"echo folder; exec tar -C \"$1\" -cf - .; fi; "
	"[ ! -e \"$1\" ] || [ -f \"$1\" ] || "
	"{ echo \"neither a file nor a folder\" >&2; exit 1; }; "
	"moonrig_m=$(stat -L -c %a \"$1\") || exit 1; "
	"exec <\"$1\" && echo \"file $moonrig_m\" && exec cat";

/* $1: the copy's name, $2: the last part of the sender's, $3 and $4: where the unfinished copy is,
 * beside $1 and in it. Prints the name that the copy got. Of a full disk tar says only "Wrote only
 * 1024 of 10240 bytes". The end of its input says nothing: that of a session that was cut is the
 * same, and tar takes an archive that was cut behind a member for a whole one. So the last block
 * must have the id that is the end of $3 and of $4. A user who is not root removes nothing from a
 * folder of mode 555. */
static const char receiver[] =
	"LC_ALL=C; export LC_ALL; umask 077; fail() { echo \"$1\" >&2; exit 1; }; "
	"why() { head -c 99999 /dev/zero >\"$part/full\"; exit 1; }; "
	"read -r kind mode || exit 1; to=$1 part=$3; "
	"if [ -d \"$to\" ]; then "
	"[ -n \"$2\" ] || fail \"name the copy: its original has no name\"; "
	"to=${to%/}/$2 part=$4; fi; "
	"ls -d \"${part%/*}/.\" >/dev/null || exit 1; "
	"trap 'trap \"\" HUP INT TERM; chmod -R u+rwX \"$part\" 2>/dev/null; rm -rf \"$part\"' 0; "
	"trap 'exit 1' HUP INT TERM PIPE; "
	"case $kind in "
	"file) case $to in */) fail \"Not a directory\";; esac; "
	"[ ! -d \"$to\" ] || fail \"Is a directory\"; "
	"cat >\"$part\" || exit 1; "
	"[ \"$(tail -c 512 \"$part\" | head -c 16 | tr -d '\\000')\" = \"${part##*-}\" ] || "
	"fail \"its end did not come\"; "
	"{ size=$(wc -c <\"$part\") && "
	"dd bs=1 count=0 seek=$((size - 512)) of=\"$part\" </dev/null 2>/dev/null && "
	"chmod \"$mode\" \"$part\" && mv -f \"$part\" \"$to\"; } || exit 1;; "
	"folder) to=${to%/}; "
	"[ ! -e \"$to\" ] && [ ! -h \"$to\" ] || fail \"File exists\"; "
	"mkdir \"$part\" || exit 1; "
	"got=$({ { tee /proc/self/fd/3 | { tar -C \"$part\" -xpof - && cat; } >/dev/null; printf '%s ' $? >&4; } "
	"3>&1 | tail -c 512 | head -c 16 | tr -d '\\000' >&4; } 4>&1); "
	"case $got in \"0 ${part##*-}\") ;; 0*) fail \"its end did not come\";; *) why;; esac; "
	"mv \"$part\" \"$to\" || exit 1;; "
	"esac; "
	"printf %s \"$to\"";

static const char remover[] = "chmod -R u+rwX \"$@\" 2>/dev/null; rm -rf \"$@\"";

/* "-x" is no option, and each has a folder. */
static char *
plain_path(const char *path)
{
	return xsprintf("%s%s", *path == '/' ? "" : "./", path);
}

static void
add_shell(struct argv *out, const char *script)
{
	argv_add(out, "sh");
	argv_add(out, "-c");
	argv_add(out, script);
	argv_add(out, "sh");
}

/* The last part of a path; "" where that is no name. */
static char *
base_name(const char *path)
{
	size_t end = strlen(path), at;

	while (end > 0 && path[end - 1] == '/')
		end--;
	for (at = end; at > 0 && path[at - 1] != '/';)
		at--;
	if (end - at <= 2 && strspn(path + at, ".") >= end - at)
		return xstrdup("");
	return xstrndup(path + at, end - at);
}

void
copy_sender_argv(const char *path, struct argv *out)
{
	char *plain = plain_path(path);

	add_shell(out, sender);
	argv_add(out, plain);
	free(plain);
}

void
copy_receiver_argv(const char *to, const char *from, struct argv *out, struct argv *undo,
		   char **end)
{
	char *path = plain_path(to), *base = base_name(from);
	size_t len = strlen(path);
	uint64_t id = 0;

	if (getrandom(&id, sizeof(id), 0) < 0)
		abort();
	add_shell(out, receiver);
	argv_add(out, path);
	argv_add(out, base);
	/* of "x/", which is no folder, nothing is made */
	while (len > 1 && path[len - 1] == '/')
		path[--len] = '\0';
	add_shell(undo, remover);
	argv_printf(undo, "%.*s/.moonrig-%016" PRIx64, (int)(strrchr(path, '/') - path), path, id);
	argv_printf(undo, "%s/.moonrig-%016" PRIx64, path, id);
	argv_add(out, undo->v[4]);
	argv_add(out, undo->v[5]);
	/* tar wants whole blocks, also behind an archive */
	*end = xsprintf("%016" PRIx64 "%496s", id, "");
	free(path);
	free(base);
}
