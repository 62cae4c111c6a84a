/* ssh_control: the standby shell on a node. It sends signals during the session, and kills what is
 * left when the session is cut. */
#include "node/ssh_control.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

/* As much of what a login shell prints is quoted. */
#define HEARD_MAX 256

/* Its input ends with the session. Each program of the session has the session's name in its
 * environment. When the session was cut, a second search after a second finds programs that were
 * just being started. The undos follow, newest first. */
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

static void
control_ended(void *owner, struct chan_exit how, const char *why)
{
	struct ssh_control *c = owner;

	(void)how;
	(void)why;
	c->shell = NULL;
}

static const struct ssh_stream_ops control_ops = { .ended = control_ended };

/* The session's first channel, which stays open: a channel a signal could exceed the server's
 * limit, and costs a fork, perhaps on an emulated CPU. */
void
ssh_control_start(struct ssh_control *c)
{
	struct buf line = { 0 };
	uint64_t name;

	if (c->shell != NULL || c->streams->link->session == NULL)
		return;
	if (c->session[0] == '\0') {
		if (getrandom(&name, sizeof(name), 0) < 0)
			abort();
		snprintf(c->session, sizeof(c->session), "%016" PRIx64, name);
	}
	buf_printf(&line, "exec /bin/sh -c ");
	buf_add_quoted(&line, script);
	buf_printf(&line, " sh %s", c->session);
	c->shell = ssh_stream_start(c->streams, line.data, false, true, &control_ops, c);
}

/* Send a line to the shell, and free it. Dropped when the session is gone. */
static void
control_send(struct ssh_control *c, struct buf *words)
{
	ssh_control_start(c);
	if (c->shell != NULL)
		ssh_stream_write(c->shell, words->data, words->len);
	buf_free(words);
}

void
ssh_control_heard(struct ssh_control *c, const char *bytes, size_t len)
{
	if (c->heard.len == 0 && len > 0)
		buf_add(&c->heard, bytes, len < HEARD_MAX ? len : HEARD_MAX);
}

void
ssh_control_kill(struct ssh_control *c, int sig, long pid, bool group_only)
{
	struct buf words = { 0 };

	buf_printf(&words, "{ kill -%d -%ld", sig, pid);
	/* with a server that starts no session (dropbear) the group exists only after setsid */
	if (!group_only)
		buf_printf(&words, " || kill -%d %ld", sig, pid);
	buf_printf(&words, "; } >/dev/null 2>&1\n");
	control_send(c, &words);
}

int
ssh_control_undo(struct ssh_control *c, char *const *argv)
{
	struct buf line = { 0 }, words = { 0 };

	for (; *argv != NULL; argv++) {
		/* the shell reads line by line */
		if (strchr(*argv, '\n') != NULL) {
			buf_free(&line);
			return 0;
		}
		buf_add_quoted(&line, *argv);
		buf_add_char(&line, ' ');
	}
	c->undos++;
	buf_printf(&words, "moonrig_n=%d moonrig_u%d=", c->undos, c->undos);
	buf_add_quoted(&words, line.data);
	buf_add_char(&words, '\n');
	buf_free(&line);
	control_send(c, &words);
	return c->undos;
}

void
ssh_control_drop(struct ssh_control *c, int id)
{
	struct buf words = { 0 };

	if (id == 0 || c->shell == NULL)
		return;
	buf_printf(&words, "unset moonrig_u%d\n", id);
	control_send(c, &words);
}

bool
ssh_control_end(struct ssh_control *c)
{
	static const char words[] = "moonrig_end=1\n";

	/* once: a write behind the eof fails */
	if (c->shell != NULL && ssh_stream_write(c->shell, words, sizeof(words) - 1) == 0)
		ssh_stream_eof(c->shell);
	return c->shell == NULL;
}
