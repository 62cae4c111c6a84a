/* ssh_chan: a program on a node reached by SSH, as a channel. */
#include "node/ssh_chan.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>

/* "\001PID\n" is shorter */
#define HEAD_MAX 32

struct ssh_chan {
	struct chan chan;
	struct ssh_stream *stream; /* NULL once it was freed */
	struct ssh_control *control;
	bool pty;
	bool dropped; /* by its owner */
	bool abandoned, killed;
	/* the line that names the pid, until it is complete */
	bool head_over, head_begun;
	struct buf head;
	uint32_t signals; /* to send once the pid is known */
};

/* ---- the command line ---- */

/* The shell prints its pid in one line and executes the command: by setsid when the server has not
 * made it the leader of a session (then setsid does not fork). */
static char *
command_line(const struct chan_spec *spec, const char *session)
{
	struct buf script = { 0 }, line = { 0 };

	buf_printf(&script, "MOONRIG_SESSION=%s; export MOONRIG_SESSION; ", session);
	buf_printf(
		&script,
		"{ read -r moonrig_x moonrig_x moonrig_x moonrig_x moonrig_g moonrig_x "
		"</proc/$$/stat; } 2>/dev/null; moonrig_s=; "
		"[ -z \"$moonrig_g\" ] || [ \"$moonrig_g\" = $$ ] || moonrig_s=$(command -v setsid); "
		"printf \"\\001%%d\\n\" $$; ");
	if (spec->cwd != NULL) {
		buf_printf(&script, "cd ");
		buf_add_quoted(&script, spec->cwd);
		buf_printf(&script, " || exit 127; ");
	}
	buf_printf(&script, "exec $moonrig_s ");
	if (spec->env != NULL && spec->env[0] != NULL)
		buf_printf(&script, "env ");
	for (char *const *e = spec->env; e != NULL && *e != NULL; e++) {
		buf_add_quoted(&script, *e);
		buf_add_char(&script, ' ');
	}
	buf_printf(&script, "\"$@\"");

	buf_printf(&line, "exec sh -c ");
	buf_add_quoted(&line, script.data);
	buf_printf(&line, " sh");
	for (char *const *a = spec->argv; *a != NULL; a++) {
		buf_add_char(&line, ' ');
		buf_add_quoted(&line, *a);
	}
	buf_free(&script);
	return line.data;
}

/* ---- the owner's side ---- */

static int
chan_write(struct chan *chan, const char *bytes, size_t len)
{
	struct ssh_chan *c = (struct ssh_chan *)chan;

	if (c->stream == NULL || chan->is_over)
		return -EPIPE;
	return ssh_stream_write(c->stream, bytes, len);
}

static void
chan_eof(struct chan *chan)
{
	struct ssh_chan *c = (struct ssh_chan *)chan;

	if (c->stream == NULL || chan->is_over)
		return;
	if (c->pty)
		ssh_stream_write(c->stream, "\004", 1);
	else
		ssh_stream_eof(c->stream);
}

static int
chan_signal(struct chan *chan, int sig)
{
	struct ssh_chan *c = (struct ssh_chan *)chan;

	if (c->stream == NULL || chan->is_over)
		return -ESRCH;
	if (sig < 1 || sig > 31)
		return -EINVAL;
	if (chan->pid > 0)
		ssh_control_kill(c->control, sig, chan->pid, false);
	else
		c->signals |= UINT32_C(1) << sig;
	return 0;
}

/* Kill the program, once its pid is known. */
static void
chan_abandon(struct ssh_chan *c)
{
	c->abandoned = true;
	ssh_stream_leave(c->stream);
	if (c->chan.pid > 0 && !c->killed) {
		ssh_control_kill(c->control, SIGKILL, c->chan.pid, false);
		c->killed = true;
	}
}

static void
chan_free(struct ssh_chan *c)
{
	buf_free(&c->head);
	free(c);
}

static void
chan_destroy(struct chan *chan)
{
	struct ssh_chan *c = (struct ssh_chan *)chan;

	if (c->stream == NULL) {
		chan_free(c);
		return;
	}
	c->dropped = true;
	chan->data = NULL;
	chan->ended = NULL;
	chan_abandon(c);
}

static void
chan_hold(struct chan *chan, bool on)
{
	struct ssh_chan *c = (struct ssh_chan *)chan;

	if (c->stream != NULL)
		ssh_stream_hold(c->stream, on);
}

static size_t
chan_unsent(const struct chan *chan)
{
	const struct ssh_chan *c = (const struct ssh_chan *)chan;

	return c->stream != NULL ? ssh_stream_unsent(c->stream) : 0;
}

static const struct chan_ops chan_ops = { .write = chan_write,
					  .eof = chan_eof,
					  .signal = chan_signal,
					  .hold = chan_hold,
					  .unsent = chan_unsent,
					  .destroy = chan_destroy };

/* ---- from the node ---- */

static void
head_done(struct ssh_chan *c, long pid)
{
	c->head_over = true;
	c->chan.pid = pid;
	if (c->abandoned) {
		chan_abandon(c);
		return;
	}
	for (int sig = 1; sig < 32; sig++)
		if (c->signals & (UINT32_C(1) << sig))
			ssh_control_kill(c->control, sig, pid, false);
	c->signals = 0;
}

/* Take "\001PID\n" (on a pty "\r\n") out of the output. Output of a login shell before it stays.
 * Returns the number of used bytes. */
static size_t
head_take(struct ssh_chan *c, const char *bytes, size_t len)
{
	size_t n = 0;

	if (!c->head_begun) {
		const char *mark = memchr(bytes, '\001', len);
		size_t before = mark != NULL ? (size_t)(mark - bytes) : len;

		c->head_begun = mark != NULL;
		chan_give(&c->chan, CHAN_OUT, bytes, before);
		return before + c->head_begun;
	}
	while (n < len && c->head.len < HEAD_MAX) {
		char ch = bytes[n++];
		char *end;
		long pid;

		buf_add_char(&c->head, ch);
		if (ch != '\n')
			continue;
		pid = strtol(c->head.data, &end, 10);
		head_done(c, *end == '\r' || *end == '\n' ? pid : 0);
		return n;
	}
	if (c->head.len >= HEAD_MAX) {
		chan_give(&c->chan, CHAN_OUT, c->head.data, c->head.len);
		head_done(c, 0);
	}
	return n;
}

static void
stream_data(void *owner, enum chan_which which, const char *bytes, size_t len)
{
	struct ssh_chan *c = owner;

	while (which == CHAN_OUT && !c->head_over && len > 0) {
		size_t n = head_take(c, bytes, len);

		bytes += n;
		len -= n;
	}
	chan_give(&c->chan, which, bytes, len);
}

static void
stream_ended(void *owner, struct chan_exit how, const char *why)
{
	struct ssh_chan *c = owner;

	if (!c->head_over && c->head_begun)
		chan_give(&c->chan, CHAN_OUT, c->head.data, c->head.len);
	if (why != NULL) {
		char *text = xsprintf("moonrig: %s\n", why);

		chan_give(&c->chan, CHAN_ERR, text, strlen(text));
		free(text);
	}
	if (how.lost) {
		chan_abandon(c);
	} else if (c->chan.pid > 0 && !c->killed) {
		/* the rest of its group ends with its leader */
		ssh_control_kill(c->control, SIGKILL, c->chan.pid, true);
		c->killed = true;
	}
	c->chan.exit = how;
	chan_end(&c->chan);
}

static void
stream_left(void *owner)
{
	struct ssh_chan *c = owner;

	c->stream = NULL;
	if (c->dropped)
		chan_free(c);
}

static const struct ssh_stream_ops stream_ops = {
	.data = stream_data, .ended = stream_ended, .room = chan_room, .left = stream_left
};

struct chan *
ssh_chan_spawn(struct ssh_control *control, const struct chan_spec *spec)
{
	struct ssh_chan *c = xcalloc(1, sizeof(*c));

	ssh_control_start(control);
	c->chan.ops = &chan_ops;
	c->control = control;
	c->pty = spec->pty;
	c->stream = ssh_stream_start(control->streams, command_line(spec, control->session),
				     spec->pty, false, &stream_ops, c);
	return &c->chan;
}
