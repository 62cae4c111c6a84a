/* telemetry: a client of DPDK's telemetry, version 2. */
#ifndef TELEMETRY_H
#define TELEMETRY_H

#include "client/request.h"
#include "node/node.h"

/* Connect to RUNTIME/dpdk/PREFIX/dpdk_telemetry.v2 on a node; on a remote node by socat, which must
 * be installed there. At once, without a client: -ENOENT, -ECONNREFUSED, ... Else `w` ends as
 * request.h has it, -EPIPE also when DPDK has ten clients, -EPROTO for another greeting. */
int telemetry_open(struct client **out, struct scope *s, const char *name, struct node *n,
		   const char *path, double seconds, struct wait *w);

/* Log no more bytes on the timeline: for a client that asks every second. */
void telemetry_hush(struct client *c);

/* {"version":, "pid":, "max_output_len":}; NULL before it came. The client's. */
const json_t *telemetry_greeting(const struct client *c);

/* Ask "/ethdev/stats,0". One request is in flight, others queue; the deadline counts from now.
 * -ENOTCONN and -EPIPE as request_new, -EINVAL for a malformed command: no request, and `w` is not
 * armed. `w` ends with 0, or -ETIMEDOUT, -EPIPE, -EPROTO (garbage, or another command's reply),
 * -EMSGSIZE, -ECANCELED. The result is the reply's value (JSON's null from a command that is
 * unknown or failed). A late reply is never taken for the next one's: DPDK replies in order, and by
 * name. The client fails when four requests in flight were given up. */
int telemetry_ask(struct client *c, const char *command, double seconds, struct wait *w,
		  struct request **out);

#endif
