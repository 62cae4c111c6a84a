/* request: what is asked over a channel and awaited, and a client that asks. Two protocols make use
 * of it: request < qmp, telemetry. */
#ifndef REQUEST_H
#define REQUEST_H

#include <jansson.h>
#include <stdint.h>

#include "chan/chan.h"
#include "core/buf.h"
#include "core/scope.h"

struct client;

/* In its client's queue until it is answered. Freed once it is out of there and finished. */
struct request {
	struct client *client; /* NULL: not in a queue */
	struct request *next;
	struct wait *wait; /* NULL: answered, or given up */
	char *name;        /* as errors show it */
	uint64_t id;       /* of a QMP command */
	json_t *event;     /* what the awaited event must have; NULL: a reply is awaited */
	bool is_sent, is_finished;
	int status;
	json_t *result;
	char *error;
};

struct client_ops {
	struct res_ops res; /* its kind; client_hard; a destroy that ends with client_free */
	/* How many of these bytes are a whole message, 0: not yet. c->seen of them were looked at
	 * before. May fail the client. */
	size_t (*frame)(struct client *c, const char *bytes, size_t len);
	/* Take one. */
	void (*message)(struct client *c, const char *bytes, size_t len);
	/* Send it: one is in flight and replies come in order, so that a late one still comes for
	 * its request. NULL: requests are sent as they are made, and a late reply has no request.
	 */
	void (*send)(struct client *c, struct request *r);
	/* The channel ended: say so by client_fail. NULL: there is no more to say than that. */
	void (*ended)(struct client *c);
	void (*log_closed)(struct client *c);
};

/* First in each protocol's own struct. */
struct client {
	struct res res;
	const struct client_ops *ops;
	struct chan *chan; /* NULL: closed */
	struct buf in;
	size_t seen;
	bool is_ready;
	const char *missing; /* what it waits for until it is ready: "no greeting" */
	struct wait *wait;
	char *error;
	struct request *requests; /* oldest first */
};

/* Take over `chan`. `w` ends once it is ready, or has failed; then the client stays, dead, for
 * client_error until somebody closes it. One that was ready closes itself when its peer does. */
void client_open(struct client *c, const struct client_ops *ops, struct scope *s, const char *name,
		 struct chan *chan, double seconds, struct wait *w);
void client_ready(struct client *c);
/* What came over the channel. */
void client_data(void *c, enum chan_which which, const char *bytes, size_t len);
/* Write; that the peer is gone is for the reading side to report. */
void client_write(struct client *c, const char *bytes, size_t len);
/* It ended by itself; takes over `why`. */
void client_fail(struct client *c, int status, char *why);
void client_hard(struct res *r);
void client_free(struct client *c);
/* Why it failed or ended, in a sentence; "" when it did not. */
const char *client_error(const struct client *c);
/* 0, -ENOTCONN before it is ready, -EPIPE once it is gone. */
int client_check(const struct client *c);

/* Queue one; the deadline counts from now. A client that sends in order sends by client_advance. */
struct request *request_new(struct client *c, const char *name, double seconds, struct wait *w);
/* Send the oldest that was not, unless one is in flight. One given up holds no other back. */
void client_advance(struct client *c);
/* Answer it, if anybody still waits; takes over result and error. */
void request_end(struct request *r, int status, json_t *result, char *error);
/* After its wait ended, once for each; may come after the client is gone. 0 and the result, or
 * -errno and a sentence. Both are the caller's, and may be NULL. */
int request_finish(struct request *r, json_t **result, char **error);

#endif
