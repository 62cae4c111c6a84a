/* ssh_stream: a remote command on a libssh2 channel of its own. */
#include "node/ssh_stream.h"

#include <errno.h>

#include "core/signals.h"

#define WINDOW       (1024 * 1024)
#define READ_SIZE    32768
#define READ_TURNS   8   /* reads in a row of one channel before the others get their turn */
#define KILL_SECONDS 3.0 /* for a killed command; then its channel is closed */
#define ATTEMPTS     20  /* for a channel that fails before the start */

enum stream_state {
	ST_QUEUED, /* waits for the session's one turn to ask in */
	ST_OPEN,   /* has it, for a channel */
	ST_START,  /* and for a terminal and the command's start */
	ST_AGAIN,  /* it failed: free this channel, ask for another */
	ST_RUN,
	ST_CLOSE, /* being closed in the background */
	ST_FREED,
};

struct ssh_stream {
	struct ssh_streams *all;
	struct ssh_link *link; /* all's */
	struct ssh_stream *next;
	const struct ssh_stream_ops *ops;
	void *owner;
	enum stream_state state;
	LIBSSH2_CHANNEL *channel;
	char *command;
	int attempts;
	bool pty, has_pty, asked, stands_by, leaving, is_over, eof_wanted, eof_sent, held;
	struct timer *overdue; /* the limit for one that was killed */
	struct queue out;
};

struct ssh_stream *
ssh_stream_start(struct ssh_streams *all, char *command, bool pty, bool stands_by,
		 const struct ssh_stream_ops *ops, void *owner)
{
	struct ssh_stream *st = xcalloc(1, sizeof(*st)), **p = &all->first;

	*st = (struct ssh_stream){ .all = all,
				   .link = all->link,
				   .ops = ops,
				   .owner = owner,
				   .command = command,
				   .pty = pty,
				   .stands_by = stands_by };
	while (*p != NULL)
		p = &(*p)->next;
	*p = st;
	ssh_link_kick(all->link);
	return st;
}

int
ssh_stream_write(struct ssh_stream *st, const void *bytes, size_t len)
{
	if (st->eof_wanted)
		return -EPIPE;
	buf_add(&st->out.bytes, bytes, len);
	ssh_link_kick(st->link);
	return 0;
}

void
ssh_stream_eof(struct ssh_stream *st)
{
	st->eof_wanted = true;
	ssh_link_kick(st->link);
}

size_t
ssh_stream_unsent(const struct ssh_stream *st)
{
	return queue_len(&st->out);
}

void
ssh_stream_hold(struct ssh_stream *st, bool on)
{
	st->held = on;
	ssh_link_kick(st->link);
}

static void
stream_overdue(void *arg)
{
	struct ssh_stream *st = arg;

	if (st->state == ST_RUN)
		st->state = ST_CLOSE;
	ssh_link_kick(st->link);
}

void
ssh_stream_leave(struct ssh_stream *st)
{
	if (!st->leaving)
		timer_start(&st->overdue, KILL_SECONDS, stream_overdue, st);
	st->leaving = true;
	if (st->state == ST_QUEUED)
		st->state = ST_FREED;
	ssh_link_kick(st->link);
}

static void
stream_end(struct ssh_stream *st, struct chan_exit how, const char *why)
{
	if (st->is_over)
		return;
	st->is_over = true;
	st->ops->ended(st->owner, how, why);
}

static void
stream_fail(struct ssh_stream *st, const char *what)
{
	char *why = xsprintf("%s: %s", what, ssh_link_why(st->link));

	st->all->asking = NULL;
	st->state = st->channel != NULL ? ST_CLOSE : ST_FREED;
	stream_end(st, (struct chan_exit){ .lost = true }, why);
	free(why);
}

static struct chan_exit
stream_how(struct ssh_stream *st)
{
	char *name = NULL;
	int sig;

	libssh2_channel_get_exit_signal(st->channel, &name, NULL, NULL, NULL, NULL, NULL);
	if (name == NULL)
		return (struct chan_exit){ .exited = true,
					   .code = libssh2_channel_get_exit_status(st->channel) };
	sig = signal_number(name);
	libssh2_free(st->link->session, name);
	/* some signals have no name in SSH */
	return (struct chan_exit){ .signal = sig, .lost = sig == 0 };
}

static void
stream_free(struct ssh_stream *st)
{
	timer_stop(&st->overdue);
	if (st->ops->left != NULL)
		st->ops->left(st->owner);
	buf_free(&st->out.bytes);
	free(st->command);
	free(st);
}

/* ---- steps; each returns true when it moved something ---- */

/* One channel asks at a time: libssh2 confuses the replies to open, pty and exec (issue 671). No
 * process is killed meanwhile: after an exit dropbear 2022.83 closes the channels that have no
 * process yet (mkj/dropbear pull request 326). An exit of a process by itself costs another
 * attempt. */
static bool
step_queued(struct ssh_stream *st)
{
	if (st->all->asking != NULL)
		return false;
	/* a process is ending: it was killed, or the standby shell has a line to read */
	for (struct ssh_stream *o = st->all->first; o != NULL && !st->stands_by; o = o->next)
		if ((o->overdue != NULL && o->state != ST_FREED) ||
		    (o->stands_by && o->state == ST_RUN && queue_len(&o->out) > 0))
			return false;
	st->all->asking = st;
	st->state = ST_OPEN;
	return true;
}

static bool
step_open(struct ssh_stream *st)
{
	st->has_pty = st->asked = false;
	st->channel = libssh2_channel_open_ex(st->link->session, "session", 7, WINDOW,
					      LIBSSH2_CHANNEL_PACKET_DEFAULT, NULL, 0);
	if (st->channel != NULL)
		st->state = ST_START;
	else if (libssh2_session_last_errno(st->link->session) != LIBSSH2_ERROR_EAGAIN)
		stream_fail(st,
			    "no channel for a command (too many at once for sshd's MaxSessions?)");
	return st->state != ST_OPEN;
}

/* Closed instead of started, or libssh2 lost the reply (issue 671): try a new channel. */
static bool
start_over(struct ssh_stream *st)
{
	if (++st->attempts >= ATTEMPTS)
		return false;
	st->all->asking = NULL;
	st->state = ST_AGAIN;
	return true;
}

/* Ask for the terminal, then for the command's start. */
static bool
step_start(struct ssh_stream *st)
{
	/* RFC 4254, 8: ECHO off (DPDK's first prompt comes before DPDK cares), then TTY_OP_END */
	static const char modes[] = { 53, 0, 0, 0, 0, 0 };
	bool for_pty = st->pty && !st->has_pty;
	int rc;

	if (for_pty) {
		rc = libssh2_channel_request_pty_ex(st->channel, "dumb", 4, modes, sizeof(modes),
						    200, 50, 0, 0);
	} else if (st->leaving && !st->asked) {
		st->all->asking = NULL;
		st->state = ST_CLOSE;
		return true;
	} else {
		if (!st->asked && libssh2_channel_eof(st->channel) && start_over(st))
			return true;
		st->asked = true;
		rc = libssh2_channel_exec(st->channel, st->command);
	}
	if (rc == LIBSSH2_ERROR_EAGAIN)
		return libssh2_channel_eof(st->channel) && start_over(st);
	if (rc == 0 && for_pty) {
		st->has_pty = true;
	} else if (rc == 0) {
		st->all->asking = NULL;
		st->state = ST_RUN;
	} else if (rc == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED || ssh_link_is_fatal(rc) ||
		   !start_over(st)) {
		stream_fail(st, for_pty ? "no terminal for a command" : "no start of a command");
	}
	return true;
}

static bool
step_free(struct ssh_stream *st)
{
	if (libssh2_channel_free(st->channel) == LIBSSH2_ERROR_EAGAIN)
		return false;
	st->channel = NULL;
	st->state = st->state == ST_AGAIN && !st->leaving ? ST_QUEUED : ST_FREED;
	return true;
}

static bool
step_read(struct ssh_stream *st, enum chan_which which)
{
	static char bytes[READ_SIZE];
	int id = which == CHAN_OUT ? 0 : SSH_EXTENDED_DATA_STDERR, i;

	for (i = 0; i < READ_TURNS && st->state == ST_RUN && !(st->held && which == CHAN_OUT);
	     i++) {
		ssize_t n = libssh2_channel_read_ex(st->channel, id, bytes, sizeof(bytes));

		st->link->broken |= ssh_link_is_fatal(n);
		if (n <= 0)
			break;
		if (st->ops->data != NULL)
			st->ops->data(st->owner, which, bytes, (size_t)n);
	}
	return i > 0;
}

static bool
step_write(struct ssh_stream *st)
{
	bool moved = false;
	size_t len;

	while ((len = queue_len(&st->out)) > 0 && ssh_link_has_room(st->link)) {
		ssize_t n = libssh2_channel_write_ex(st->channel, 0,
						     st->out.bytes.data + st->out.at, len);

		st->link->broken |= ssh_link_is_fatal(n);
		if (st->link->broken || n == LIBSSH2_ERROR_EAGAIN || n == 0)
			return moved;
		/* it reads no more; its end will be reported */
		queue_drop(&st->out, n < 0 ? len : (size_t)n);
		moved = true;
	}
	if (st->eof_wanted && !st->eof_sent && len == 0 &&
	    libssh2_channel_send_eof(st->channel) != LIBSSH2_ERROR_EAGAIN)
		st->eof_sent = moved = true;
	return moved;
}

static bool
step_run(struct ssh_stream *st)
{
	bool moved = st->stands_by && st->all->asking != NULL ? false : step_write(st);

	if (moved && st->ops->room != NULL && !st->is_over)
		st->ops->room(st->owner);
	/* always both: they share a window, which an unread one would block */
	moved |= step_read(st, CHAN_OUT);
	moved |= step_read(st, CHAN_ERR);
	if (moved || st->link->broken || st->state != ST_RUN || !libssh2_channel_eof(st->channel))
		return moved;
	/* the exit status comes behind the end of the output, before the close */
	if (libssh2_channel_wait_closed(st->channel) == LIBSSH2_ERROR_EAGAIN)
		return false;
	st->state = ST_CLOSE;
	stream_end(st, stream_how(st), NULL);
	return true;
}

bool
ssh_streams_step(struct ssh_streams *all)
{
	typedef bool step_fn(struct ssh_stream * st);
	static step_fn *const steps[] = {
		[ST_QUEUED] = step_queued, [ST_OPEN] = step_open, [ST_START] = step_start,
		[ST_AGAIN] = step_free,    [ST_RUN] = step_run,   [ST_CLOSE] = step_free
	};
	struct ssh_stream *st, **p = &all->first;
	bool moved = false;

	/* callbacks may add streams at the end; none is freed before the sweep */
	for (st = all->first; st != NULL && !all->link->broken; st = st->next)
		moved |= st->state != ST_FREED && steps[st->state](st);
	while ((st = *p) != NULL) {
		if (st->state != ST_FREED) {
			p = &st->next;
			continue;
		}
		*p = st->next;
		stream_free(st);
	}
	return moved;
}

bool
ssh_streams_are_done(const struct ssh_streams *all)
{
	const struct ssh_stream *st = all->first;

	while (st != NULL && st->stands_by)
		st = st->next;
	return st == NULL;
}

void
ssh_streams_end(struct ssh_streams *all)
{
	for (struct ssh_stream *st = all->first; st != NULL; st = st->next)
		if (!st->stands_by)
			stream_end(st, (struct chan_exit){ .lost = true }, NULL);
}

void
ssh_streams_lose(struct ssh_streams *all)
{
	struct ssh_stream *st;

	all->asking = NULL;
	while ((st = all->first) != NULL) {
		all->first = st->next;
		stream_end(st, (struct chan_exit){ .lost = true }, NULL);
		stream_free(st);
	}
}
