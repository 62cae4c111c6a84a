/* qmp: a client of QEMU's machine protocol, or of the guest agent. */
#ifndef QMP_H
#define QMP_H

#include <jansson.h>
#include <stdint.h>

#include "core/scope.h"

struct qmp;
struct qmp_call;

/* Connect to the unix socket and get ready: for QEMU the greeting and
 * qmp_capabilities, for the guest agent (`agent`) guest-sync-delimited.
 * -ENOENT, -ECONNREFUSED, ... at once, and no client, when nobody is there yet.
 * Else `w` ends with 0, or -ETIMEDOUT, -EPIPE (closed), -EPROTO (not QMP),
 * -EREMOTEIO (refused), and the client stays, dead, for qmp_error until
 * somebody closes it. A client that was up closes itself when its peer does:
 * hold it (res_hold) to look at it then. */
int qmp_open(struct qmp **out, struct scope *s, const char *name, const char *path, bool agent,
	     double seconds, struct wait *w);

/* The resource, first in the client. */
struct res *qmp_res(struct qmp *q);

/* Why it failed or ended, in a sentence; "" when it did not. */
const char *qmp_error(const struct qmp *q);

/* Queue a command; takes over `args` (an object or NULL) whatever comes.
 * Replies are matched by id, in any order. -ENOTCONN before it is ready, -EPIPE
 * once it is gone; then no call and `w` is not armed. `w` ends with 0 or as
 * qmp_call_finish. After a deadline a late reply is logged and dropped. */
int qmp_execute(struct qmp *q, const char *command, json_t *args, double seconds, struct wait *w,
		struct qmp_call **call);

/* After `w` ended, once for each call; may come after the client is gone. 0 and
 * the result (yours; may be NULL), or -errno and what was said, "class: desc"
 * (yours; may be NULL): -ENOSYS for a command it does not know, -ENODEV for a
 * device it does not know, -EREMOTEIO for other refusals, -ETIMEDOUT,
 * -EPIPE, -EPROTO, -ECANCELED. */
int qmp_call_finish(struct qmp_call *call, json_t **result, char **error);

/* Events after this moment. */
uint64_t qmp_mark(const struct qmp *q);

/* Wait for an event whose data have all of `match` (taken over; NULL: any).
 * One seen since the mark counts, and then `w` ends before this returns. The
 * last 512 events are kept. The call's result is the whole event. */
int qmp_await(struct qmp *q, const char *event, json_t *match, uint64_t since, double seconds,
	      struct wait *w, struct qmp_call **call);

#endif
