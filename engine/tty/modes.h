/* modes: the terminal's modes (termios). Changed only here, and restored at exit, at a fatal
 * signal, and while we are stopped. */
#ifndef MODES_H
#define MODES_H

#include <stdbool.h>
#include <termios.h>
#include <uv.h>

/* Embedded in the terminal's owner, from modes_take to modes_give_back. */
struct modes {
	int fd;
	struct termios was, mine;
	/* Called at SIGWINCH; at SIGTSTP, before we stop; at SIGCONT, when other modes were
	 * replaced by ours again; with 0 when we continue with the same modes. May be NULL. */
	void (*on_signal)(void *arg, int sig);
	void *arg;
	uv_signal_t *signals[3];
};

/* Take the terminal and `change` its modes (NULL: libedit does). Set fd, on_signal and arg first.
 * -EBUSY: it is taken. -ENOTTY: fd is no terminal, or another program has it. */
int modes_take(struct modes *m, void (*change)(struct termios *t));
void modes_give_back(struct modes *m);

/* Is another program in the terminal's foreground? Then its modes must not change. */
bool modes_is_others(int fd);

/* Restore the first modes, before an abrupt end. Async-signal-safe. */
void modes_restore(void);

#endif
