/* spawn: a process of this machine as a channel, on a pty or on pipes. */
#include <errno.h>
#include <signal.h>
#include <sys/queue.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chan/chan.h"
#include "chan/child.h"
#include "chan/fdio.h"
#include "core/signals.h"
#include "guard/guard.h"

/* A child of the leader may hold the output open after the leader's exit: for how long we read on.
 */
#define LINGER_SECONDS 1.0

struct spawned {
	struct chan chan;
	struct fdio *in, *out, *err; /* on a pty: out is all */
	struct child child;
	bool reaped, pty, held, stops;
	int open_outputs;
	struct timer *linger;
	LIST_ENTRY(spawned) next;
};

static LIST_HEAD(spawned_list, spawned) running = LIST_HEAD_INITIALIZER(running);
static uv_signal_t sigchld;
static bool sigchld_is_on;
static uv_signal_t sigtstp;
static bool sigtstp_is_on, stops_are_anothers;

static void
spawned_check(struct spawned *s)
{
	if (!s->reaped || s->open_outputs > 0 || s->chan.is_over)
		return;
	timer_stop(&s->linger);
	chan_end(&s->chan);
}

static void
spawned_lingered(void *arg)
{
	struct spawned *s = arg;

	/* what is held is read later, and has its own second then */
	if (s->held)
		return;
	s->open_outputs = 0;
	spawned_check(s);
}

/* True when it had ended. */
static bool
spawned_reap(struct spawned *s)
{
	int status;
	pid_t pid = waitpid(s->child.pid, &status, WNOHANG);

	if (pid == 0 || (pid < 0 && errno == EINTR))
		return false;
	s->reaped = true;
	if (pid < 0)
		s->chan.exit.lost = true;
	else if (WIFEXITED(status))
		s->chan.exit = (struct chan_exit){ .exited = true, .code = WEXITSTATUS(status) };
	else
		s->chan.exit = (struct chan_exit){ .signal = WTERMSIG(status) };
	/* the rest of its group ends with its leader */
	kill(-s->child.pid, SIGKILL);
	guard_drop(s->child.guard_id);
	s->child.guard_id = 0;
	timer_start(&s->linger, LINGER_SECONDS, spawned_lingered, s);
	spawned_check(s);
	return true;
}

static void
on_sigchld(uv_signal_t *uv, int sig)
{
	(void)uv;
	(void)sig;
	/* a callback may destroy others: start over */
	for (struct spawned *s = LIST_FIRST(&running); s != NULL;)
		s = !s->reaped && spawned_reap(s) ? LIST_FIRST(&running) : LIST_NEXT(s, next);
}

static void
watch_children(void)
{
	if (sigchld_is_on && uv_is_active((uv_handle_t *)&sigchld))
		return;
	uv_signal_init(loop(), &sigchld);
	/* stays referenced: without it an idle loop would spin and miss the signal */
	uv_signal_start(&sigchld, on_sigchld, SIGCHLD);
	sigchld_is_on = true;
}

void
chan_stop(bool stop)
{
	struct spawned *s;

	LIST_FOREACH(s, &running, next)
		if (s->stops && !s->reaped)
			kill(-s->child.pid, stop ? SIGTSTP : SIGCONT);
}

/* Ctrl-Z is for all that we run a case by: else its worker would go on, and wait for us to read. */
static void
on_sigtstp(uv_signal_t *uv, int sig)
{
	chan_stop(true);
	/* without libuv's handler the signal stops us, here */
	uv_signal_stop(uv);
	raise(sig);
	uv_signal_start(uv, on_sigtstp, sig);
	chan_stop(false);
}

static void
watch_stops(void)
{
	if (signals_is_ignored(SIGTSTP) || stops_are_anothers ||
	    (sigtstp_is_on && uv_is_active((uv_handle_t *)&sigtstp)))
		return;
	if (!sigtstp_is_on)
		uv_signal_init(loop(), &sigtstp);
	uv_signal_start(&sigtstp, on_sigtstp, SIGTSTP);
	uv_unref((uv_handle_t *)&sigtstp);
	sigtstp_is_on = true;
}

/* Two handlers of libuv's would keep each other's signal from stopping us. */
void
chan_leave_stops(bool to_another)
{
	stops_are_anothers = to_another;
	if (!sigtstp_is_on)
		return;
	if (to_another)
		uv_signal_stop(&sigtstp);
	else
		watch_stops();
}

static void
output_end(void *arg)
{
	struct spawned *s = arg;

	s->open_outputs--;
	spawned_check(s);
}

static int
spawned_write(struct chan *c, const char *bytes, size_t len)
{
	struct spawned *s = (struct spawned *)c;

	if (s->reaped)
		return -EPIPE;
	return fdio_write(s->pty ? s->out : s->in, bytes, len);
}

static void
spawned_eof(struct chan *c)
{
	struct spawned *s = (struct spawned *)c;

	if (s->pty)
		fdio_write(s->out, "\004", 1);
	else
		fdio_eof(s->in);
}

static int
spawned_signal(struct chan *c, int sig)
{
	struct spawned *s = (struct spawned *)c;

	if (s->reaped)
		return -ESRCH;
	return kill(-s->child.pid, sig) < 0 ? -errno : 0;
}

static void
spawned_hold(struct chan *c, bool on)
{
	struct spawned *s = (struct spawned *)c;

	s->held = on;
	fdio_hold(s->out, on);
	if (!on && s->reaped && !s->chan.is_over) {
		timer_stop(&s->linger);
		timer_start(&s->linger, LINGER_SECONDS, spawned_lingered, s);
	}
}

static size_t
spawned_unsent(const struct chan *c)
{
	const struct spawned *s = (const struct spawned *)c;

	return fdio_unsent(s->pty ? s->out : s->in);
}

static void
spawned_destroy(struct chan *c)
{
	struct spawned *s = (struct spawned *)c;

	if (!s->reaped) {
		int status;

		kill(-s->child.pid, SIGKILL);
		/* it dies at once, unless it hangs in the kernel: then the guard tries again */
		for (int i = 0; i < 200 && waitpid(s->child.pid, &status, WNOHANG) == 0; i++)
			usleep(1000);
		if (kill(-s->child.pid, 0) < 0)
			guard_drop(s->child.guard_id);
	}
	LIST_REMOVE(s, next);
	timer_stop(&s->linger);
	fdio_close(&s->in);
	fdio_close(&s->out);
	fdio_close(&s->err);
	free(s);
}

static const struct chan_ops spawned_ops = { .write = spawned_write,
					     .eof = spawned_eof,
					     .signal = spawned_signal,
					     .hold = spawned_hold,
					     .unsent = spawned_unsent,
					     .destroy = spawned_destroy };

int
chan_spawn(struct chan **out, const struct chan_spec *spec)
{
	struct spawned *s = xcalloc(1, sizeof(*s));
	int rc;

	watch_children();
	rc = child_start(&s->child, spec);
	if (rc < 0) {
		free(s);
		return rc;
	}
	s->chan.ops = &spawned_ops;
	s->chan.pid = s->child.pid;
	s->pty = spec->pty;
	s->stops = spec->stops;
	if (s->stops)
		watch_stops();
	s->open_outputs = spec->pty ? 1 : 2;
	LIST_INSERT_HEAD(&running, s, next);
	rc = fdio_open(&s->out, s->child.fds[1], chan_out, output_end, s);
	if (rc == 0 && !spec->pty) {
		rc = fdio_open(&s->in, s->child.fds[0], NULL, NULL, s);
		if (rc == 0)
			fdio_on_room(s->in, chan_room);
		if (rc == 0)
			rc = fdio_open(&s->err, s->child.fds[2], chan_err, output_end, s);
	}
	if (rc < 0)
		spawned_destroy(&s->chan);
	else
		*out = &s->chan;
	return rc;
}
