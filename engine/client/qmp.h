/* qmp: a client of QEMU's machine protocol, or of the guest agent. */
#ifndef QMP_H
#define QMP_H

#include "client/request.h"

/* Connect to the unix socket and get ready: for QEMU the greeting and
 * qmp_capabilities, for the guest agent (`agent`) guest-sync-delimited.
 * -ENOENT, -ECONNREFUSED, ... at once, and no client, when nobody is there yet.
 * Else `w` ends with 0, or -ETIMEDOUT, -EPIPE (closed), -EPROTO (not QMP),
 * -EREMOTEIO (refused), and the client stays, dead, for client_error until
 * somebody closes it. A client that was up closes itself when its peer does:
 * hold it (res_hold) to look at it then. */
int qmp_open(struct client **out, struct scope *s, const char *name, const char *path, bool agent,
	     double seconds, struct wait *w);

/* Queue a command; takes over `args` (an object or NULL) whatever comes.
 * Replies are matched by id, in any order. -ENOTCONN before it is ready, -EPIPE
 * once it is gone; then no request and `w` is not armed. `w` ends with 0, or
 * -ENOSYS for a command it does not know, -ENODEV for a device it does not know,
 * -EREMOTEIO for other refusals ("class: desc"), -ETIMEDOUT, -EPIPE, -EPROTO,
 * -ECANCELED. After a deadline a late reply is logged and dropped. */
int qmp_execute(struct client *c, const char *command, json_t *args, double seconds, struct wait *w,
		struct request **out);

/* Events after this moment. */
uint64_t qmp_mark(const struct client *c);

/* Wait for an event whose data have all of `match` (taken over; NULL: any).
 * One seen since the mark counts, and then `w` ends before this returns. The
 * last 512 events are kept. The request's result is the whole event. */
int qmp_await(struct client *c, const char *event, json_t *match, uint64_t since, double seconds,
	      struct wait *w, struct request **out);

#endif
