/* child: a program started on a pty or on pipes, known to the guard before it runs. */
#ifndef CHILD_H
#define CHILD_H

#include <sys/types.h>

#include "chan/chan.h"

struct child {
	pid_t pid; /* leads a group of its own */
	int guard_id;
	int fds[3]; /* our ends of its stdin, stdout and stderr; of a pty only the second */
};

/* Fork, register the group with the guard, execute. 0, or -errno when nothing runs and nothing is
 * open. Waits for exec only. */
int child_start(struct child *c, const struct chan_spec *spec);

#endif
