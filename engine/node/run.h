/* run: a command that runs to its end, its output captured. */
#ifndef RUN_H
#define RUN_H

#include "core/buf.h"
#include "core/scope.h"
#include "node/node.h"

struct run;

/* Start; `w` ends with 0 when the command has ended, however, or -errno: at the
 * deadline it is killed. Input (may be NULL) is copied, then its stdin closed.
 * -errno when it could not be started. */
int run_start(struct run **out, struct scope *s, struct node *n, const struct chan_spec *spec,
	      const char *input, size_t input_len, double seconds, struct wait *w);

const struct chan_exit *run_exit(const struct run *r);
/* At most 16 MiB of each is kept, the last of it. */
const struct buf *run_out(const struct run *r);
const struct buf *run_err(const struct run *r);
/* Forget it; what still runs is ended. */
void run_drop(struct run *r);

#endif
