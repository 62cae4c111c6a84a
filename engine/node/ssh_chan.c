/* ssh_chan: a program on a node reached by SSH, as a channel. */
#include "node/ssh_chan.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>

#include "chan/sanitizers.h"

/* As much of what a login shell prints is kept until our line. */
#define PREAMBLE_MAX 65536

/* What came before our line, "\001PID\n" (in stderr "\001\n"; a pty makes it "\r\n"). */
struct head {
	bool over;
	struct buf text;
};

struct ssh_chan {
	struct chan chan;
	struct ssh_stream *stream; /* NULL once it was freed */
	struct ssh_control *control;
	bool pty;
	bool dropped; /* by its owner */
	bool abandoned, killed;
	struct head heads[2]; /* of stdout and stderr */
	uint32_t signals;     /* to send once the pid is known */
};

/* ---- the command line ---- */

/* A word without a newline in it, which csh takes nowhere: $moonrig_n is one. */
static void
add_word(struct buf *b, const char *word)
{
	while (*word != '\0') {
		size_t len = strcspn(word, "\n");
		char *part = xstrndup(word, len);

		if (len > 0)
			buf_add_quoted(b, part);
		free(part);
		word += len;
		if (*word == '\n')
			buf_printf(b, "\"$moonrig_n\"");
		word += *word == '\n';
	}
}

static void
add_words(struct buf *b, char *const *words)
{
	for (; words != NULL && *words != NULL; words++) {
		if (**words == '\0')
			buf_printf(b, "''");
		add_word(b, *words);
		buf_add_char(b, ' ');
	}
}

/* A shell prints its pid in one line and executes the command: by setsid when the server has not
 * made it the leader of a session (then setsid does not fork). What the login shell prints comes
 * before that line; on pipes a line without a pid ends it in stderr. */
char *
ssh_chan_line(const struct chan_spec *spec, const char *session)
{
	struct buf script = { 0 }, words = { 0 }, line = { 0 };

	if (spec->env != NULL && spec->env[0] != NULL)
		buf_printf(&words, "env ");
	add_words(&words, spec->env);
	add_words(&words, spec->argv);

	buf_printf(&script, "MOONRIG_SESSION=%s; export MOONRIG_SESSION; ", session);
	sanitizers_words(&script);
	buf_printf(
		&script,
		"{ read -r moonrig_x moonrig_x moonrig_x moonrig_x moonrig_g moonrig_x "
		"</proc/$$/stat; } 2>/dev/null; moonrig_s=; "
		"[ -z \"$moonrig_g\" ] || [ \"$moonrig_g\" = $$ ] || moonrig_s=$(command -v setsid); "
		"%sprintf \"\\001%%d\\n\" $$; ",
		spec->pty ? "" : "printf \"\\001\\n\" >&2; ");
	if (strstr(words.data, "$moonrig_n") != NULL ||
	    (spec->cwd != NULL && strchr(spec->cwd, '\n') != NULL))
		buf_printf(&script, "moonrig_n=$(printf \"\\nx\"); moonrig_n=${moonrig_n%%x}; ");
	if (spec->cwd != NULL) {
		buf_printf(&script, "cd ");
		add_word(&script, spec->cwd);
		buf_printf(&script, " || exit 127; ");
	}
	buf_printf(&script, "exec $moonrig_s %s", words.data);

	buf_printf(&line, "exec /bin/sh -c ");
	buf_add_quoted(&line, script.data);
	buf_free(&words);
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
	buf_free(&c->heads[0].text);
	buf_free(&c->heads[1].text);
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
pid_known(struct ssh_chan *c, long pid)
{
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

/* Our line in a text: its begin, and its end (behind the newline); NULL where it is not complete.
 */
static const char *
find_mark(const struct buf *text, bool has_pid, const char **end)
{
	const char *at = text->data;

	for (; (at = memchr(at, '\001', text->len - (size_t)(at - text->data))) != NULL; at++) {
		size_t digits = strspn(at + 1, "0123456789");
		const char *rest = at + 1 + digits;

		rest += *rest == '\r';
		*end = rest + 1;
		if (*rest == '\n' && (digits > 0) == has_pid)
			return at;
	}
	return NULL;
}

/* Bytes before our line is complete: what a login shell printed is not the command's. */
static void
head_take(struct ssh_chan *c, enum chan_which which, const char *bytes, size_t len)
{
	struct head *h = &c->heads[which];
	const char *mark, *end;

	if (len == 0)
		return;
	buf_add(&h->text, bytes, len);
	mark = find_mark(&h->text, which == CHAN_OUT, &end);
	if (mark == NULL) {
		if (h->text.len > 2 * PREAMBLE_MAX)
			buf_drop(&h->text, h->text.len - PREAMBLE_MAX);
		return;
	}
	h->over = true;
	ssh_control_heard(c->control, h->text.data, (size_t)(mark - h->text.data));
	if (which == CHAN_OUT)
		pid_known(c, strtol(mark + 1, NULL, 10));
	chan_give(&c->chan, which, end, h->text.len - (size_t)(end - h->text.data));
	buf_free(&h->text);
}

static void
stream_data(void *owner, enum chan_which which, const char *bytes, size_t len)
{
	struct ssh_chan *c = owner;

	if (c->heads[which].over || (which == CHAN_ERR && c->pty))
		chan_give(&c->chan, which, bytes, len);
	else
		head_take(c, which, bytes, len);
}

/* Without our line: the login shell's words are why nothing was started. */
static void
give_heads(struct ssh_chan *c)
{
	for (int i = 0; i < 2; i++)
		if (!c->heads[i].over)
			chan_give(&c->chan, (enum chan_which)i, c->heads[i].text.data,
				  c->heads[i].text.len);
}

static void
stream_ended(void *owner, struct chan_exit how, const char *why)
{
	struct ssh_chan *c = owner;

	give_heads(c);
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
	c->stream = ssh_stream_start(control->streams, ssh_chan_line(spec, control->session),
				     spec->pty, false, &stream_ops, c);
	return &c->chan;
}
