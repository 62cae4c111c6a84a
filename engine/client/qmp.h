/* qmp: a client of QEMU's machine protocol, or of the guest agent. */
#ifndef QMP_H
#define QMP_H

#include "client/request.h"

/* Connect to the unix socket and get ready: QEMU's greeting and qmp_capabilities, or the guest
 * agent's (`agent`) guest-sync-delimited. At once, without a client: -ENOENT, -ECONNREFUSED, ...
 * Else `w` ends as request.h has it, also with -EPROTO (not QMP) or -EREMOTEIO (refused). */
int qmp_open(struct client **out, struct scope *s, const char *name, const char *path, bool agent,
	     double seconds, struct wait *w);

/* Queue a command; takes over `args` (an object or NULL), also on failure. Replies are matched by
 * id. -ENOTCONN and -EPIPE as request_new: no request, and `w` is not armed. `w` ends with 0, or
 * -ENOSYS for an unknown command, -ENODEV for an unknown device, -EREMOTEIO for other errors
 * ("class: desc"), -ETIMEDOUT, -EPIPE, -EPROTO, -ECANCELED. A late reply is logged and dropped. */
int qmp_execute(struct client *c, const char *command, json_t *args, double seconds, struct wait *w,
		struct request **out);

/* A mark for qmp_await: events from now on count. */
uint64_t qmp_mark(const struct client *c);

/* Wait for an event whose data has each member of `match` (taken over; NULL: any). An event since
 * the mark counts; then `w` ends before this returns. The client stores the last 512 events. The
 * request's result is the whole event. */
int qmp_await(struct client *c, const char *event, json_t *match, uint64_t since, double seconds,
	      struct wait *w, struct request **out);

#endif
