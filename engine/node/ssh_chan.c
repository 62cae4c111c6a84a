/* ssh_chan: what runs on a node reached by SSH, as a channel. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>

#include "node/ssh_control.h"
#include "node/ssh_priv.h"

#define WINDOW    (1024 * 1024)
#define READ_SIZE 32768
/* reads in a row of one channel before the others get their turn */
#define READ_TURNS 8
/* "\001PID\n" is no longer than that */
#define HEAD_MAX 32
/* what is killed may take that long to end; then its channel is closed anyway */
#define KILL_SECONDS 3.0
/* how often a channel that came to nothing is asked for once more */
#define TRIES 20

enum chan_state {
	CH_QUEUED, /* waits for the session's one slot to ask in */
	CH_OPEN,
	CH_PTY,
	CH_EXEC,
	CH_AGAIN, /* it came to nothing: free this channel, ask for another */
	CH_RUN,
	CH_CLOSE, /* being closed in the background */
	CH_FREED,
};

struct ssh_chan {
	struct chan chan;
	struct ssh_node *node; /* NULL once that or the channel is gone */
	struct ssh_chan *next;
	enum chan_state state;
	LIBSSH2_CHANNEL *channel;
	char *command;
	bool pty, asked;
	int tries;
	bool abandoned; /* to be killed and closed */
	bool dropped;   /* by its owner: nobody to tell */
	bool killed;
	struct timer *overdue; /* it was told to end, and may take that long */
	bool is_control;

	struct buf out;
	size_t out_at;
	bool eof_wanted, eof_sent;

	/* the line that tells the pid, until it is complete */
	bool head_over, head_begun;
	struct buf head;
	uint32_t signals; /* to send once the pid is known */
};

static const struct chan_ops ssh_chan_ops;

/* ---- the control shell: signals for what runs there ---- */

static void
control_ended(void *owner)
{
	struct ssh_node *s = owner;
	struct ssh_chan *c = s->control;

	s->control = NULL;
	c->chan.ops->destroy(&c->chan);
}

static struct ssh_chan *
chan_new(struct ssh_node *s, char *command, bool pty)
{
	struct ssh_chan *c = xcalloc(1, sizeof(*c)), **p = &s->chans;

	c->chan.ops = &ssh_chan_ops;
	c->node = s;
	c->command = command;
	c->pty = pty;
	while (*p != NULL)
		p = &(*p)->next;
	*p = c;
	ssh_kick(s);
	return c;
}

/* It is the session's first and stays open: a channel for each signal could be
 * one more than the server allows, and costs a fork in what may be an emulated
 * CPU. */
static struct ssh_chan *
control_get(struct ssh_node *s)
{
	if (s->control != NULL)
		return s->control;
	if (s->session_name[0] == '\0')
		ssh_control_name(s->session_name, sizeof(s->session_name));
	s->control = chan_new(s, ssh_control_command(s->session_name), false);
	s->control->is_control = true;
	s->control->head_over = true;
	s->control->chan.owner = s;
	s->control->chan.ended = control_ended;
	return s->control;
}

static void
control_kill(struct ssh_chan *c, int sig, bool group_only)
{
	ssh_control_kill(&control_get(c->node)->out, sig, c->chan.pid, group_only);
	ssh_kick(c->node);
}

int
ssh_chan_undo(struct node *n, char *const *argv)
{
	struct ssh_node *s = (struct ssh_node *)n;

	if (s->state != SSH_READY || !ssh_control_undo(&control_get(s)->out, s->undos + 1, argv))
		return 0;
	ssh_kick(s);
	return ++s->undos;
}

void
ssh_chan_undo_drop(struct node *n, int id)
{
	struct ssh_node *s = (struct ssh_node *)n;

	if (id == 0 || s->control == NULL || s->state < SSH_READY || s->state == SSH_GONE)
		return;
	ssh_control_drop(&s->control->out, id);
	ssh_kick(s);
}

/* ---- the command line ---- */

/* The shell tells its pid in one line, then becomes the command. Where the
 * server has not made it the leader of a session, setsid does (and does not
 * fork, just because it is none). */
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

int
ssh_chan_spawn(struct node *n, struct chan **out, const struct chan_spec *spec)
{
	struct ssh_node *s = (struct ssh_node *)n;
	struct ssh_chan *c;

	if (s->state != SSH_READY)
		return -ENOTCONN;
	control_get(s);
	c = chan_new(s, command_line(spec, s->session_name), spec->pty);
	*out = &c->chan;
	return 0;
}

/* ---- the owner's side ---- */

static int
ssh_chan_write(struct chan *chan, const char *bytes, size_t len)
{
	struct ssh_chan *c = (struct ssh_chan *)chan;

	if (c->node == NULL || chan->is_over || c->eof_wanted)
		return -EPIPE;
	buf_add(&c->out, bytes, len);
	ssh_kick(c->node);
	return 0;
}

static void
ssh_chan_eof(struct chan *chan)
{
	struct ssh_chan *c = (struct ssh_chan *)chan;

	if (c->node == NULL || chan->is_over || c->eof_wanted)
		return;
	if (c->pty) {
		ssh_chan_write(chan, "\004", 1);
		return;
	}
	c->eof_wanted = true;
	ssh_kick(c->node);
}

static int
ssh_chan_signal(struct chan *chan, int sig)
{
	struct ssh_chan *c = (struct ssh_chan *)chan;

	if (c->node == NULL || chan->is_over)
		return -ESRCH;
	if (sig < 1 || sig > 31)
		return -EINVAL;
	if (chan->pid > 0)
		control_kill(c, sig, false);
	else
		c->signals |= UINT32_C(1) << sig;
	return 0;
}

static void
chan_free(struct ssh_chan *c)
{
	timer_stop(&c->overdue);
	buf_free(&c->out);
	buf_free(&c->head);
	free(c->command);
	free(c);
}

static void
chan_overdue(void *arg)
{
	struct ssh_chan *c = arg;

	timer_stop(&c->overdue);
	if (c->state == CH_RUN)
		c->state = CH_CLOSE;
	ssh_kick(c->node);
}

/* Kill what runs, as soon as we know its pid. Its channel goes when it has
 * ended, because only then the server has room for another. */
static void
chan_abandon(struct ssh_chan *c)
{
	if (!c->abandoned)
		c->overdue = timer_start(KILL_SECONDS, chan_overdue, c);
	c->abandoned = true;
	if (c->state == CH_QUEUED)
		c->state = CH_FREED;
	if (c->chan.pid > 0 && c->state == CH_RUN && !c->killed) {
		control_kill(c, SIGKILL, false);
		c->killed = true;
	}
	ssh_kick(c->node);
}

static void
ssh_chan_destroy(struct chan *chan)
{
	struct ssh_chan *c = (struct ssh_chan *)chan;

	if (c->node == NULL) {
		chan_free(c);
		return;
	}
	c->dropped = true;
	chan->data = NULL;
	chan->ended = NULL;
	chan_abandon(c);
}

static const struct chan_ops ssh_chan_ops = {
	.write = ssh_chan_write,
	.eof = ssh_chan_eof,
	.signal = ssh_chan_signal,
	.destroy = ssh_chan_destroy,
};

/* ---- what comes from the node ---- */

static void
chan_tell(struct ssh_chan *c, enum chan_which which, const char *bytes, size_t len)
{
	if (len > 0 && !c->chan.is_over && c->chan.data != NULL)
		c->chan.data(c->chan.owner, which, bytes, len);
}

static void
chan_ended(struct ssh_chan *c)
{
	if (c->chan.is_over)
		return;
	c->chan.is_over = true;
	if (c->chan.ended != NULL)
		c->chan.ended(c->chan.owner);
}

static void
chan_fail(struct ssh_chan *c, const char *what)
{
	char *why = NULL, *text;

	libssh2_session_last_error(c->node->session, &why, NULL, 0);
	text = xsprintf("moonrig: %s on %s: %s\n", what, c->node->node.res.name, why);
	if (c->node->asking == c)
		c->node->asking = NULL;
	c->state = c->channel != NULL ? CH_CLOSE : CH_FREED;
	c->chan.exit.lost = true;
	chan_tell(c, CHAN_ERR, text, strlen(text));
	free(text);
	chan_ended(c);
}

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
			control_kill(c, sig, false);
	c->signals = 0;
}

/* Swallow "\001PID\n" (on a pty "\r\n"); what a login shell says before it is
 * handed over as it is. Returns how many bytes were taken. */
static size_t
head_take(struct ssh_chan *c, const char *bytes, size_t len)
{
	size_t n = 0;

	if (!c->head_begun) {
		const char *mark = memchr(bytes, '\001', len);
		size_t before = mark != NULL ? (size_t)(mark - bytes) : len;

		c->head_begun = mark != NULL;
		chan_tell(c, CHAN_OUT, bytes, before);
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
		chan_tell(c, CHAN_OUT, c->head.data, c->head.len);
		head_done(c, 0);
	}
	return n;
}

static void
chan_out(struct ssh_chan *c, const char *bytes, size_t len)
{
	while (!c->head_over && len > 0) {
		size_t n = head_take(c, bytes, len);

		bytes += n;
		len -= n;
	}
	chan_tell(c, CHAN_OUT, bytes, len);
}

static int
signal_number(const char *name)
{
	static const struct {
		const char *name;
		int sig;
	} all[] = {
		{ "ABRT", SIGABRT }, { "ALRM", SIGALRM }, { "BUS", SIGBUS },   { "FPE", SIGFPE },
		{ "HUP", SIGHUP },   { "ILL", SIGILL },   { "INT", SIGINT },   { "KILL", SIGKILL },
		{ "PIPE", SIGPIPE }, { "QUIT", SIGQUIT }, { "SEGV", SIGSEGV }, { "SYS", SIGSYS },
		{ "TERM", SIGTERM }, { "TRAP", SIGTRAP }, { "USR1", SIGUSR1 }, { "USR2", SIGUSR2 },
		{ "XCPU", SIGXCPU }, { "XFSZ", SIGXFSZ },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i].name, name) == 0)
			return all[i].sig;
	return 0;
}

static struct chan_exit
chan_how(struct ssh_chan *c)
{
	struct chan_exit how = { 0 };
	char *name = NULL;

	libssh2_channel_get_exit_signal(c->channel, &name, NULL, NULL, NULL, NULL, NULL);
	if (name == NULL)
		return (struct chan_exit){ .exited = true,
					   .code = libssh2_channel_get_exit_status(c->channel) };
	how.signal = signal_number(name);
	/* a signal that SSH has no name for */
	how.lost = how.signal == 0;
	libssh2_free(c->node->session, name);
	return how;
}

/* All output was handed over and the other side has closed: say how it ended. */
static void
chan_over(struct ssh_chan *c)
{
	if (!c->chan.is_over)
		c->chan.exit = chan_how(c);
	if (!c->head_over && c->head.len > 0)
		chan_tell(c, CHAN_OUT, c->head.data, c->head.len);
	/* what its group still holds goes with it: a leader that ended is done */
	if (c->chan.pid > 0 && !c->killed && c->node->state == SSH_READY)
		control_kill(c, SIGKILL, true);
	c->state = CH_CLOSE;
	chan_ended(c);
}

/* ---- steps; each returns true when it got something done ---- */

/* Is another on its way out? */
static bool
others_leave(struct ssh_chan *c)
{
	for (struct ssh_chan *o = c->node->chans; o != NULL; o = o->next)
		if (o->overdue != NULL && o->state != CH_FREED)
			return true;
	return false;
}

/* What is to be undone is known there before it is done. */
static bool
control_has_words(const struct ssh_node *s)
{
	const struct ssh_chan *c = s->control;

	return c != NULL && c->state == CH_RUN && c->out.len > c->out_at;
}

static void
give_up_slot(struct ssh_chan *c, enum chan_state next)
{
	c->node->asking = NULL;
	c->state = next;
}

/* One channel asks at a time, because libssh2 tells the replies to open, pty and
 * exec apart badly (issue 671). And while it asks, we make no process end: when
 * one does, dropbear 2022.83 closes the channels that have not started any yet
 * (mkj/dropbear pull request 326). What ends by itself then costs another try. */
static bool
step_queued(struct ssh_chan *c)
{
	if (c->node->asking != NULL ||
	    (!c->is_control && (others_leave(c) || control_has_words(c->node))))
		return false;
	c->node->asking = c;
	c->state = CH_OPEN;
	return true;
}

static bool
step_open(struct ssh_chan *c)
{
	struct ssh_node *s = c->node;

	c->channel = libssh2_channel_open_ex(s->session, "session", 7, WINDOW,
					     LIBSSH2_CHANNEL_PACKET_DEFAULT, NULL, 0);
	if (c->channel == NULL) {
		if (libssh2_session_last_errno(s->session) == LIBSSH2_ERROR_EAGAIN)
			return false;
		chan_fail(c, "no channel for a command (too many at once for sshd's MaxSessions?)");
		return true;
	}
	c->state = c->pty ? CH_PTY : CH_EXEC;
	return true;
}

/* The other side has closed it instead of starting anything, or libssh2 lost
 * the reply (its issue 671): a fresh channel may do better. */
static bool
start_over(struct ssh_chan *c)
{
	if (++c->tries >= TRIES)
		return false;
	give_up_slot(c, CH_AGAIN);
	return true;
}

static bool
step_pty(struct ssh_chan *c)
{
	/* RFC 4254, 8: opcode and value, then TTY_OP_END. The echo is off
	 * before the program runs: DPDK's first prompt comes before it cares. */
	static const char modes[] = { 53, 0, 0, 0, 0, 0 };
	int rc = libssh2_channel_request_pty_ex(c->channel, "dumb", 4, modes, sizeof(modes), 200,
						50, 0, 0);

	if (rc == LIBSSH2_ERROR_EAGAIN)
		return libssh2_channel_eof(c->channel) && start_over(c);
	if (rc == 0)
		c->state = CH_EXEC;
	else if (rc == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED || !start_over(c))
		chan_fail(c, "no terminal for a command");
	return true;
}

static bool
step_exec(struct ssh_chan *c)
{
	int rc;

	if (c->abandoned && !c->asked) {
		give_up_slot(c, CH_CLOSE);
		return true;
	}
	if (!c->asked && libssh2_channel_eof(c->channel) && start_over(c))
		return true;
	c->asked = true;
	rc = libssh2_channel_exec(c->channel, c->command);
	if (rc == LIBSSH2_ERROR_EAGAIN)
		return libssh2_channel_eof(c->channel) && start_over(c);
	if (rc == 0)
		give_up_slot(c, CH_RUN);
	else if (rc == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED || ssh_is_fatal(rc) || !start_over(c))
		chan_fail(c, "no start of a command");
	return true;
}

static bool
step_free(struct ssh_chan *c, enum chan_state next)
{
	if (libssh2_channel_free(c->channel) == LIBSSH2_ERROR_EAGAIN)
		return false;
	c->channel = NULL;
	c->asked = false;
	c->state = next;
	return true;
}

static bool
step_read(struct ssh_chan *c, int stream, int *fatal)
{
	static char bytes[READ_SIZE];
	bool moved = false;

	for (int i = 0; i < READ_TURNS && c->state == CH_RUN; i++) {
		ssize_t n = libssh2_channel_read_ex(c->channel, stream, bytes, sizeof(bytes));

		if (n < 0 && ssh_is_fatal((int)n))
			*fatal = (int)n;
		if (n <= 0)
			break;
		moved = true;
		if (stream == 0)
			chan_out(c, bytes, (size_t)n);
		else
			chan_tell(c, CHAN_ERR, bytes, (size_t)n);
	}
	return moved;
}

static bool
step_write(struct ssh_chan *c, int *fatal)
{
	bool moved = false;

	while (c->out_at < c->out.len && ssh_has_room(c->node)) {
		ssize_t n = libssh2_channel_write_ex(c->channel, 0, c->out.data + c->out_at,
						     c->out.len - c->out_at);

		if (n < 0 && ssh_is_fatal((int)n))
			*fatal = (int)n;
		if (n == LIBSSH2_ERROR_EAGAIN || n == 0 || *fatal != 0)
			return moved;
		/* it reads no more: as with a pipe, its end will be told */
		c->out_at = n < 0 ? c->out.len : c->out_at + (size_t)n;
		moved = true;
	}
	if (c->out_at == c->out.len)
		c->out.len = c->out_at = 0;
	if (c->eof_wanted && !c->eof_sent && c->out.len == 0 &&
	    libssh2_channel_send_eof(c->channel) != LIBSSH2_ERROR_EAGAIN)
		c->eof_sent = moved = true;
	return moved;
}

static bool
step_run(struct ssh_chan *c, int *fatal)
{
	bool moved = c->is_control && c->node->asking != NULL ? false : step_write(c, fatal);

	/* both always: they share a window, and an unread one would stall it */
	moved |= step_read(c, 0, fatal);
	moved |= step_read(c, SSH_EXTENDED_DATA_STDERR, fatal);
	if (*fatal != 0 || c->state != CH_RUN || moved || !libssh2_channel_eof(c->channel))
		return moved;
	/* the exit status comes behind the end of the output, before the close */
	if (libssh2_channel_wait_closed(c->channel) == LIBSSH2_ERROR_EAGAIN)
		return false;
	chan_over(c);
	return true;
}

static bool
chan_step(struct ssh_chan *c, int *fatal)
{
	switch (c->state) {
	case CH_QUEUED:
		return step_queued(c);
	case CH_OPEN:
		return step_open(c);
	case CH_PTY:
		return step_pty(c);
	case CH_EXEC:
		return step_exec(c);
	case CH_AGAIN:
		return step_free(c, c->abandoned ? CH_FREED : CH_QUEUED);
	case CH_RUN:
		return step_run(c, fatal);
	case CH_CLOSE:
		return step_free(c, CH_FREED);
	default:
		return false;
	}
}

bool
ssh_chans_step(struct ssh_node *s, int *fatal)
{
	bool moved = false;

	/* callbacks may add channels, at the end; none goes before the sweep */
	for (struct ssh_chan *c = s->chans; c != NULL && *fatal == 0; c = c->next)
		moved |= chan_step(c, fatal);
	return moved;
}

/* ---- the session's end, and each channel's ---- */

/* Out of the session's list: freed here, or later by its owner. */
static void
chan_leave(struct ssh_chan *c)
{
	timer_stop(&c->overdue);
	c->node = NULL;
	c->next = NULL;
	if (c->dropped)
		chan_free(c);
}

void
ssh_chans_sweep(struct ssh_node *s)
{
	for (struct ssh_chan **p = &s->chans; *p != NULL;) {
		struct ssh_chan *c = *p;

		if (c->state != CH_FREED) {
			p = &c->next;
			continue;
		}
		*p = c->next;
		chan_leave(c);
	}
}

void
ssh_chans_end(struct ssh_node *s)
{
	for (struct ssh_chan *c = s->chans; c != NULL; c = c->next) {
		if (c->is_control || c->dropped || c->chan.is_over)
			continue;
		c->chan.exit.lost = true;
		c->chan.is_over = true;
		chan_abandon(c);
		if (c->chan.ended != NULL)
			c->chan.ended(c->chan.owner);
	}
}

void
ssh_chans_kill(struct ssh_node *s)
{
	int fatal = 0;

	if (s->control == NULL || s->control->state != CH_RUN)
		return;
	for (struct ssh_chan *c = s->chans; c != NULL; c = c->next)
		if (c->chan.pid > 0 && !c->killed && c->state == CH_RUN)
			control_kill(c, SIGKILL, false);
	step_write(s->control, &fatal);
}

bool
ssh_chans_are_gone(struct ssh_node *s)
{
	bool alone = true;

	for (struct ssh_chan *c = s->chans; c != NULL; c = c->next)
		if (!c->is_control && c->state != CH_FREED)
			alone = false;
	if (alone && s->control != NULL && !s->control->eof_wanted) {
		ssh_control_end(&s->control->out);
		ssh_chan_eof(&s->control->chan);
	}
	return alone && s->control == NULL;
}

void
ssh_chans_lose(struct ssh_node *s)
{
	struct ssh_chan *c;

	while ((c = s->chans) != NULL) {
		void (*ended)(void *owner) =
			c->is_control || c->chan.is_over ? NULL : c->chan.ended;
		void *owner = c->chan.owner;

		s->chans = c->next;
		if (c->is_control)
			c->dropped = true;
		if (!c->chan.is_over)
			c->chan.exit.lost = true;
		c->chan.is_over = true;
		chan_leave(c);
		if (ended != NULL)
			ended(owner);
	}
	s->control = NULL;
	s->asking = NULL;
}
