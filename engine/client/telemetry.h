/* telemetry: a client of DPDK's telemetry, version 2. */
#ifndef TELEMETRY_H
#define TELEMETRY_H

#include "client/request.h"
#include "node/node.h"

/* Connect to RUNTIME/dpdk/PREFIX/dpdk_telemetry.v2 on a node; on another than
 * this machine by socat, which must be there. -ENOENT, -ECONNREFUSED, ... at
 * once, and no client, where that can be told. Else `w` ends with 0 once the
 * greeting was read, or -ETIMEDOUT, -EPIPE (closed: DPDK serves ten clients at
 * most), -EPROTO (no greeting of version 2's), and the client stays, dead, for
 * client_error until somebody closes it. A client that was up closes itself
 * when its peer does: hold it (res_hold) to look at it then. */
int telemetry_open(struct client **out, struct scope *s, const char *name, struct node *n,
		   const char *path, double seconds, struct wait *w);

/* What passes is not on the timeline from here on: for who asks every second. */
void telemetry_hush(struct client *c);

/* {"version":, "pid":, "max_output_len":}; NULL before it came. Not yours. */
const json_t *telemetry_greeting(const struct client *c);

/* Ask "/ethdev/stats,0". One is in flight, others queue; the deadline counts
 * from now. -ENOTCONN before the greeting, -EPIPE once it is gone, -EINVAL for
 * what is no command; then no request and `w` is not armed. `w` ends with 0 and
 * what the reply has under the command's name (JSON's null from a command that is
 * unknown or failed), or -ETIMEDOUT, -EPIPE, -EPROTO (garbage, or another
 * command's reply), -EMSGSIZE, -ECANCELED. A late reply is never taken for the
 * next one's: DPDK answers in order, and by name; four that are owed are too many
 * and close the client. */
int telemetry_ask(struct client *c, const char *command, double seconds, struct wait *w,
		  struct request **out);

#endif
