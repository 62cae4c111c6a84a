/* request: a question over a channel with its awaited reply, and the client that sends it. Two
 * protocols use it: request < qmp, telemetry. */
#ifndef REQUEST_H
#define REQUEST_H

#include <jansson.h>
#include <stdint.h>
#include <sys/queue.h>

#include "chan/chan.h"
#include "core/buf.h"
#include "core/scope.h"

struct client;

/* In its client's queue until its reply. Freed once it has left the queue and is finished. */
struct request {
	struct client *client; /* NULL: not in a queue */
	TAILQ_ENTRY(request) next;
	struct wait *wait; /* NULL: it has ended */
	char *name;        /* as errors show it */
	uint64_t id;       /* of a QMP command */
	json_t *event;     /* the members of the awaited event; NULL: a reply is awaited */
	bool is_sent, is_finished;
	int status;
	json_t *result;
	char *error;
};

struct client_ops {
	struct res_ops res; /* its kind; client_hard; a destroy that ends with client_free */
	/* The length of the first whole message, 0: not yet. The first c->seen bytes were read by
	 * an earlier call. May fail the client. */
	size_t (*frame)(struct client *c, const char *bytes, size_t len);
	/* Handle one. */
	void (*message)(struct client *c, const char *bytes, size_t len);
	/* Send one: the next follows its reply, as replies come in order. NULL: the protocol sends
	 * each at once, and replies have ids. */
	void (*send)(struct client *c, struct request *r);
	/* The channel ended: call client_fail with the reason. NULL: there is none to add. */
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
	const char *missing; /* the error until it is ready: "no greeting" */
	struct wait *wait;
	char *error;
	TAILQ_HEAD(request_queue, request) requests; /* oldest first */
};

/* Take over `chan`. `w` ends once the client is ready (0) or has failed (-ETIMEDOUT, -EPIPE, ...).
 * A failed client stays, dead, for client_error until it is closed. A ready one closes itself when
 * its peer closes: hold it (res_hold) to read it then. */
void client_open(struct client *c, const struct client_ops *ops, struct scope *s, const char *name,
		 struct chan *chan, double seconds, struct wait *w);
void client_ready(struct client *c);
/* Bytes from the channel. */
void client_data(void *c, enum chan_which which, const char *bytes, size_t len);
/* Write; a peer that is gone is reported by the reading side. */
void client_write(struct client *c, const char *bytes, size_t len);
/* End it with an error; takes over `why`. */
void client_fail(struct client *c, int status, char *why);
void client_hard(struct res *r);
void client_free(struct client *c);
/* Its error as a message; "" for none. */
const char *client_error(const struct client *c);

/* Queue one; takes over its name. The deadline counts from now. A client that sends in order sends
 * by client_advance. At once, without a request: -ENOTCONN before the client is ready, -EPIPE once
 * it is closed. */
int request_new(struct request **out, struct client *c, char *name, double seconds, struct wait *w);
/* Send the oldest unsent one, unless one is in flight. A request that was given up does not count.
 */
void client_advance(struct client *c);
/* End it with its reply; takes over result and error. */
void request_end(struct request *r, int status, json_t *result, char *error);
/* Once for each, after its wait has ended, also after the client was freed. 0 and the result, or
 * -errno and a message. Both are the caller's. */
int request_finish(struct request *r, json_t **result, char **error);

#endif
