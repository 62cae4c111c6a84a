/* ssh_control: the shell that stands by on a node: signals while the session lasts, and an end to
 * what is left when it is cut. */
#include "node/ssh_control.h"

#include <stdio.h>
#include <sys/random.h>

void
ssh_control_name(char *session, size_t size)
{
	unsigned char bytes[8] = { 0 };
	size_t at = 0;

	if (getrandom(bytes, sizeof(bytes), 0) < 0)
		abort();
	for (size_t i = 0; i < sizeof(bytes) && at + 3 <= size; i++, at += 2)
		snprintf(session + at, 3, "%02x", bytes[i]);
}

/* Its input ends with the session. What was started in it has its name in its environment, wherever
 * it has gone; where the session was cut, a second look a second later finds what was just being
 * started. Then what is to be undone, newest first. */
static const char script[] =
	"while read -r moonrig_line; do eval \"$moonrig_line\"; done; "
	"for moonrig_i in 1 2 3 4 5 6 7 8 9 10; do moonrig_any=; "
	"for moonrig_f in $(grep -ls MOONRIG_SESSION=\"$1\" /proc/[0-9]*/environ); do "
	"moonrig_f=${moonrig_f#/proc/}; kill -9 ${moonrig_f%/environ} && moonrig_any=1; done; "
	"[ -n \"$moonrig_any\" ] || [ -z \"$moonrig_end$moonrig_two\" ] || break; "
	"moonrig_two=1; sleep 1; done >/dev/null 2>&1; "
	"MOONRIG_SESSION=$1; export MOONRIG_SESSION; while [ ${moonrig_n:-0} -gt 0 ]; do "
	"eval \"eval \\\"\\$moonrig_u$moonrig_n\\\"\"; moonrig_n=$((moonrig_n-1)); "
	"done >/dev/null 2>&1";

char *
ssh_control_command(const char *session)
{
	struct buf b = { 0 };

	buf_printf(&b, "exec sh -c ");
	buf_add_quoted(&b, script);
	buf_printf(&b, " sh %s", session);
	return b.data;
}

void
ssh_control_kill(struct buf *out, int sig, long pid, bool group_only)
{
	buf_printf(out, "{ kill -%d -%ld", sig, pid);
	/* a server that starts no session of its own (dropbear) has no such
	 * group in the moment before setsid */
	if (!group_only)
		buf_printf(out, " || kill -%d %ld", sig, pid);
	buf_printf(out, "; } >/dev/null 2>&1\n");
}

bool
ssh_control_undo(struct buf *out, int id, char *const *argv)
{
	struct buf line = { 0 };

	for (; *argv != NULL; argv++) {
		/* the shell reads line by line */
		if (strchr(*argv, '\n') != NULL) {
			buf_free(&line);
			return false;
		}
		buf_add_quoted(&line, *argv);
		buf_add_char(&line, ' ');
	}
	buf_printf(out, "moonrig_n=%d moonrig_u%d=", id, id);
	buf_add_quoted(out, line.data);
	buf_add_char(out, '\n');
	buf_free(&line);
	return true;
}

void
ssh_control_drop(struct buf *out, int id)
{
	buf_printf(out, "unset moonrig_u%d\n", id);
}

void
ssh_control_end(struct buf *out)
{
	buf_printf(out, "moonrig_end=1\n");
}
