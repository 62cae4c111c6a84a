/* run: a command that runs until its exit, with its output captured. */
#ifndef RUN_H
#define RUN_H

#include "core/buf.h"
#include "core/scope.h"
#include "node/node.h"

/* A resource; the starter has a hold, too. All but `res` is to be read once it has ended. */
struct run {
	struct res res;
	struct chan_exit exit;
	struct buf out, err; /* the last 16 MiB of each at most */
	uint64_t dropped;    /* bytes before them */
	struct chan *chan;   /* NULL: it has ended */
	struct wait *wait;
	double since;
};

/* Start it; `w` ends with 0 once the command has exited, whatever its status, or with -errno:
 * -EOVERFLOW where not all of its output was kept. It is killed at the deadline. Its stdin is
 * `input` (copied; may be NULL). -errno when it did not start.
 */
int run_start(struct run **out, struct scope *s, struct node *n, const struct chan_spec *spec,
	      const char *input, size_t input_len, double seconds, struct wait *w);

#endif
