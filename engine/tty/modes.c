/* modes: the terminal's modes (termios). */
#include "tty/modes.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "chan/chan.h"
#include "core/buf.h"
#include "core/loop.h"
#include "core/signals.h"

static const int handled[] = { SIGTSTP, SIGCONT, SIGWINCH };
static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };

/* The owner of the terminal's modes. */
static const struct modes *taken;

bool
modes_is_others(int fd)
{
	pid_t owner = tcgetpgrp(fd);

	return owner > 0 && owner != getpgrp();
}

static void
modes_set(int fd, const struct termios *t)
{
	if (!modes_is_others(fd))
		tcsetattr(fd, TCSADRAIN, t);
}

void
modes_restore(void)
{
	if (taken != NULL)
		modes_set(taken->fd, &taken->was);
}

static void
on_fatal(int sig)
{
	modes_restore();
	raise(sig);
}

static void
watch_ends(void)
{
	struct sigaction once = { .sa_handler = on_fatal, .sa_flags = SA_RESETHAND | SA_NODEFER };
	static bool is_done;
	struct sigaction was;

	if (is_done)
		return;
	is_done = true;
	atexit(modes_restore);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		if (sigaction(fatal[i], NULL, &was) == 0 && was.sa_handler == SIG_DFL)
			sigaction(fatal[i], &once, NULL);
}

static void
on_signal(uv_signal_t *uv, int sig)
{
	struct modes *m = uv->data;
	struct termios now;

	if (sig == SIGTSTP) {
		if (m->on_signal != NULL)
			m->on_signal(m->arg, sig);
		modes_set(m->fd, &m->was);
		chan_stop(true);
		/* without libuv's handler the signal stops us, here */
		uv_signal_stop(uv);
		raise(sig);
		uv_signal_start(uv, on_signal, sig);
		chan_stop(false);
		sig = SIGCONT;
	}
	/* after a SIGSTOP the shell may have changed the modes; in the background they are not ours
	 */
	if (sig == SIGCONT) {
		if (modes_is_others(m->fd) || tcgetattr(m->fd, &now) < 0)
			return;
		if (now.c_lflag & ICANON)
			modes_set(m->fd, &m->mine);
		else
			sig = 0;
	}
	if (m->on_signal != NULL)
		m->on_signal(m->arg, sig);
}

int
modes_take(struct modes *m, void (*change)(struct termios *t))
{
	if (taken != NULL)
		return -EBUSY;
	if (modes_is_others(m->fd) || tcgetattr(m->fd, &m->was) < 0)
		return -ENOTTY;
	watch_ends();
	taken = m;
	chan_leave_stops(true);
	for (size_t i = 0; i < sizeof(handled) / sizeof(handled[0]); i++) {
		m->signals[i] = xcalloc(1, sizeof(*m->signals[i]));
		m->signals[i]->data = m;
		uv_signal_init(loop(), m->signals[i]);
		if (!signals_is_ignored(handled[i]))
			uv_signal_start(m->signals[i], on_signal, handled[i]);
		uv_unref((uv_handle_t *)m->signals[i]);
	}
	m->mine = m->was;
	if (change != NULL)
		change(&m->mine);
	modes_set(m->fd, &m->mine);
	return 0;
}

void
modes_give_back(struct modes *m)
{
	for (size_t i = 0; i < sizeof(handled) / sizeof(handled[0]); i++)
		uv_close((uv_handle_t *)m->signals[i], (uv_close_cb)free);
	modes_set(m->fd, &m->was);
	chan_leave_stops(false);
	taken = NULL;
}
