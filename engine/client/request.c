/* request: a question over a channel with its awaited reply, and the client that sends it. */
#include "client/request.h"

#include <errno.h>

/* how many requests in flight may be given up before the client fails */
#define OWED_MAX 4

/* ---- requests ---- */

static void
request_free(struct request *r)
{
	json_decref(r->event);
	json_decref(r->result);
	free(r->error);
	free(r->name);
	free(r);
}

static void
request_unlink(struct request *r)
{
	TAILQ_REMOVE(&r->client->requests, r, next);
	r->client = NULL;
}

static bool
is_owed(const struct request *r)
{
	return r->client != NULL && r->client->ops->send != NULL && r->is_sent && r->wait == NULL;
}

void
request_end(struct request *r, int status, json_t *result, char *error)
{
	struct wait *w = r->wait;

	request_unlink(r);
	r->wait = NULL;
	if (w == NULL) {
		json_decref(result);
		free(error);
		if (r->is_finished)
			request_free(r);
		return;
	}
	r->status = status;
	r->result = result;
	r->error = error;
	wait_end(w, status);
}

static void
request_forget(void *owner, struct wait *w)
{
	struct request *r = owner;
	struct client *c = r->client;
	int owed = 0;

	r->wait = NULL;
	r->status = -ETIMEDOUT;
	r->error =
		xsprintf("no %s %s in %.1f s%s", r->event != NULL ? "event" : "reply to", r->name,
			 w->seconds, r->is_sent ? "" : " (earlier requests have no reply yet)");
	if (!is_owed(r)) {
		request_unlink(r);
		return;
	}
	TAILQ_FOREACH(r, &c->requests, next)
		owed += is_owed(r);
	if (owed >= OWED_MAX)
		client_fail(c, -ETIMEDOUT, xsprintf("%d requests in a row got no reply", owed));
	else
		client_advance(c);
}

int
request_new(struct request **out, struct client *c, char *name, double seconds, struct wait *w)
{
	struct request *r;

	if (c->chan == NULL || !c->is_ready) {
		free(name);
		return c->chan == NULL ? -EPIPE : -ENOTCONN;
	}
	r = xcalloc(1, sizeof(*r));
	r->client = c;
	r->name = name;
	r->wait = w;
	r->status = -ECANCELED;
	r->is_sent = c->ops->send == NULL;
	TAILQ_INSERT_TAIL(&c->requests, r, next);
	wait_arm(w, seconds, request_forget, r);
	*out = r;
	return 0;
}

int
request_finish(struct request *r, json_t **result, char **error)
{
	int status = r->status;

	r->wait = NULL;
	r->is_finished = true;
	*result = r->result;
	*error = r->error;
	r->result = NULL;
	r->error = NULL;
	if (is_owed(r))
		return status;
	if (r->client != NULL)
		request_unlink(r);
	request_free(r);
	return status;
}

void
client_advance(struct client *c)
{
	struct request *r;

	TAILQ_FOREACH(r, &c->requests, next)
		if (!r->is_sent || r->wait != NULL)
			break;
	if (r == NULL || r->is_sent || c->chan == NULL)
		return;
	r->is_sent = true;
	c->ops->send(c, r);
}

/* ---- close ---- */

/* Free the channel and end all waits. With `stays` the client stays, dead. */
static void
client_end(struct client *c, int status, char *why, bool stays)
{
	struct chan *chan = c->chan;
	struct request *r;

	res_hold(&c->res);
	if (c->error == NULL)
		c->error = why;
	else
		free(why);
	c->chan = NULL;
	if (chan != NULL) {
		chan->ops->destroy(chan);
		c->ops->log_closed(c);
	}
	while ((r = TAILQ_FIRST(&c->requests)) != NULL)
		request_end(r, status, NULL, xsprintf("%s: %s", r->name, c->error));
	wait_end_all(&c->wait, status);
	if (!stays)
		res_closed(&c->res);
	res_drop(&c->res);
}

void
client_fail(struct client *c, int status, char *why)
{
	client_end(c, status, why, !c->is_ready);
}

void
client_hard(struct res *r)
{
	struct client *c = (struct client *)r;

	client_end(c, c->is_ready ? -EPIPE : -ECANCELED, xstrdup("the connection was closed"),
		   false);
}

void
client_free(struct client *c)
{
	buf_free(&c->in);
	free(c->error);
	free(c);
}

/* ---- bytes ---- */

void
client_write(struct client *c, const char *bytes, size_t len)
{
	int rc = c->chan != NULL ? c->chan->ops->write(c->chan, bytes, len) : 0;

	if (rc < 0 && rc != -EPIPE)
		client_fail(c, rc, xsprintf("cannot send: %s", strerror(-rc)));
}

void
client_data(void *owner, enum chan_which which, const char *bytes, size_t len)
{
	struct client *c = owner;
	size_t at = 0, n;

	(void)which;
	buf_add(&c->in, bytes, len);
	res_hold(&c->res);
	while (c->chan != NULL && (n = c->ops->frame(c, c->in.data + at, c->in.len - at)) > 0) {
		c->seen = 0;
		c->ops->message(c, c->in.data + at, n);
		at += n;
	}
	buf_drop(&c->in, at);
	res_drop(&c->res);
}

static void
client_ended(void *owner)
{
	struct client *c = owner;

	if (c->ops->ended != NULL)
		c->ops->ended(c);
	else
		client_fail(c, -EPIPE, xstrdup("the other side closed the connection"));
}

/* ---- open ---- */

static void
client_open_forget(void *owner, struct wait *w)
{
	struct client *c = owner;

	c->wait = NULL;
	client_fail(c, 0, xsprintf("%s in %.1f s", c->missing, w->seconds));
}

void
client_open(struct client *c, const struct client_ops *ops, struct scope *s, const char *name,
	    struct chan *chan, double seconds, struct wait *w)
{
	c->ops = ops;
	c->chan = chan;
	TAILQ_INIT(&c->requests);
	chan->data = client_data;
	chan->ended = client_ended;
	chan->owner = c;
	res_open(&c->res, &ops->res, s, name, 0);
	c->wait = w;
	wait_arm(w, seconds, client_open_forget, c);
}

void
client_ready(struct client *c)
{
	c->is_ready = true;
	wait_end_all(&c->wait, 0);
}

const char *
client_error(const struct client *c)
{
	return c->error != NULL ? c->error : "";
}
