/* modes: how the terminal takes what is typed. All who change that do it here, and it is put back
 * at an exit, at a fatal signal, and while we are stopped. */
#ifndef MODES_H
#define MODES_H

#include <stdbool.h>
#include <termios.h>
#include <uv.h>

/* Embedded in whoever has the terminal, from modes_take to modes_give_back. */
struct modes {
	int fd;
	struct termios was, mine;
	/* Called at SIGWINCH; at SIGTSTP, before we stop; at SIGCONT, when the terminal had other
	 * modes meanwhile and has ours again; with 0 when we go on with ours. May be NULL. */
	void (*on_signal)(void *arg, int sig);
	void *arg;
	uv_signal_t *signals[3];
};

/* Have the terminal's modes as `change` makes them of those it has; NULL: on_signal's owner sets
 * them (libedit). Set fd, on_signal and arg first. One has it at a time: -EBUSY. -ENOTTY: fd is no
 * terminal, or another program's just now. */
int modes_take(struct modes *m, void (*change)(struct termios *t));
void modes_give_back(struct modes *m);

/* Has another program the terminal just now? From the background it must not be touched. One that
 * has hung up is nobody's. */
bool modes_is_others(int fd);

/* Put back what was found, before an end without more. Async-signal-safe. */
void modes_restore(void);

#endif
