/* child: a program started on a pty or on pipes, known to the guard before it runs. */
#ifndef CHILD_H
#define CHILD_H

#include <sys/types.h>

#include "chan/chan.h"

/* The ends of its pty or pipes; -1: none. */
struct child_ends {
	int child[3]; /* its stdin, stdout, stderr; of a pty the first is all three */
	int in, out, err;
	int tty; /* -1: pipes */
};

struct child {
	pid_t pid; /* leads a group of its own */
	int guard_id;
};

/* Open a pty (`out` is our end) or three pipes. 0, or -errno with nothing open. */
int child_ends_open(struct child_ends *e, bool pty);
void child_ends_close(struct child_ends *e);

/* Fork, register the group with the guard, execute. 0, or exec's -errno when nothing runs. The ends
 * stay the caller's. Waits for exec only. */
int child_start(struct child *c, const struct chan_spec *spec, const struct child_ends *e);

#endif
