/* run: a command that runs until its exit, with its output captured. */
#ifndef RUN_H
#define RUN_H

#include "core/buf.h"
#include "core/scope.h"
#include "node/node.h"

struct run;

/* Start it; `w` ends with 0 once the command has exited, whatever its status, or with -errno. It is
 * killed at the deadline. Its stdin is `input` (copied; may be NULL). -errno when it did not start.
 */
int run_start(struct run **out, struct scope *s, struct node *n, const struct chan_spec *spec,
	      const char *input, size_t input_len, double seconds, struct wait *w);

const struct chan_exit *run_exit(const struct run *r);
/* The last 16 MiB of each at most. */
const struct buf *run_out(const struct run *r);
const struct buf *run_err(const struct run *r);
/* Drop the caller's hold. */
void run_drop(struct run *r);

#endif
