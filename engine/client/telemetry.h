/* telemetry: a client of DPDK's telemetry, version 2. */
#ifndef TELEMETRY_H
#define TELEMETRY_H

#include <jansson.h>

#include "core/scope.h"
#include "node/node.h"

struct telemetry;
struct telemetry_call;

/* Connect to RUNTIME/dpdk/PREFIX/dpdk_telemetry.v2 on a node; on another than
 * this machine by socat, which must be there. -ENOENT, -ECONNREFUSED, ... at
 * once, and no client, where that can be told. Else `w` ends with 0 once the
 * greeting was read, or -ETIMEDOUT, -EPIPE (closed: DPDK serves ten clients at
 * most), -EPROTO (no greeting of version 2's), and the client stays, dead, for
 * telemetry_error until somebody closes it. A client that was up closes itself
 * when its peer does: hold it (res_hold) to look at it then. */
int telemetry_open(struct telemetry **out, struct scope *s, const char *name, struct node *n,
		   const char *path, double seconds, struct wait *w);

/* What passes is not on the timeline from here on: for who asks every second. */
void telemetry_hush(struct telemetry *t);

/* The resource, first in the client. */
struct res *telemetry_res(struct telemetry *t);

/* Why it failed or ended, in a sentence; "" when it did not. */
const char *telemetry_error(const struct telemetry *t);

/* {"version":, "pid":, "max_output_len":}; NULL before it came. Not yours. */
const json_t *telemetry_greeting(const struct telemetry *t);

/* Ask "/ethdev/stats,0". One is in flight, others queue; the deadline counts
 * from now. -ENOTCONN before the greeting, -EPIPE once it is gone, -EINVAL for
 * what is no command; then no call and `w` is not armed. `w` ends as
 * telemetry_finish. A late reply is never taken for the next one's: DPDK answers
 * in order, and by name; four that are owed are too many and close the client. */
int telemetry_ask(struct telemetry *t, const char *command, double seconds, struct wait *w,
		  struct telemetry_call **call);

/* After `w` ended, once for each call; may come after the client is gone. 0 and
 * what the reply has under the command's name (yours; JSON's null from a
 * command that is unknown or failed), or -errno and a sentence (yours):
 * -ETIMEDOUT, -EPIPE, -EPROTO (garbage, or another command's reply),
 * -EMSGSIZE, -ECANCELED. */
int telemetry_finish(struct telemetry_call *call, json_t **result, char **error);

#endif
