/* telemetry: a client of DPDK's telemetry, version 2.
 *
 * lib/telemetry/telemetry.c: one thread a client reads a command a packet,
 * "NAME,PARAMETERS", and writes {"NAME": ...} in one packet, in order. */
#include "client/telemetry.h"

#include <errno.h>

#include "core/json.h"
#include "core/log.h"

#define REPLY_MAX (1024 * 1024)
/* a command's name is cut to that in the reply (MAX_CMD_LEN) */
#define NAME_MAX_BYTES 56

struct telemetry {
	struct client client;
	bool is_stream; /* from socat on another node; here: packets */
	bool is_quiet;
	struct buf err; /* socat's stderr */
	int depth;      /* of the current object in the stream */
	bool in_string, in_escape;
	json_t *greeting;
};

static void
log_bytes(struct client *c, const char *dir, const char *bytes, size_t len)
{
	if (((struct telemetry *)c)->is_quiet)
		return;
	log_event("telemetry", json_pack("{s:s, s:s, s:o}", "name", c->res.name, "dir", dir, "text",
					 log_text(bytes, len)));
}

static void
telemetry_log_closed(struct client *c)
{
	log_bytes(c, "closed", c->error, strlen(c->error));
}

static void
telemetry_destroy(struct res *r)
{
	struct telemetry *t = (struct telemetry *)r;

	json_decref(t->greeting);
	buf_free(&t->err);
	client_free(&t->client);
}

/* ---- sending ---- */

static void
telemetry_send(struct client *c, struct request *r)
{
	log_bytes(c, "out", r->name, strlen(r->name));
	client_write(c, r->name, strlen(r->name));
}

int
telemetry_ask(struct client *c, const char *command, double seconds, struct wait *w,
	      struct request **out)
{
	int rc;

	if (command[0] != '/' || strlen(command) >= 1024)
		return -EINVAL;
	rc = request_new(out, c, xstrdup(command), seconds, w);
	if (rc == 0)
		client_advance(c);
	return rc;
}

/* ---- receiving ---- */

static bool
is_reply_to(const struct request *r, json_t *reply)
{
	const char *key = json_object_iter_key(json_object_iter(reply));
	size_t len = strcspn(r->name, ",");

	if (len > NAME_MAX_BYTES)
		len = NAME_MAX_BYTES;
	return json_object_size(reply) == 1 && strlen(key) == len && memcmp(key, r->name, len) == 0;
}

/* A reply belongs to the oldest sent request. A request that was given up may never get one: then
 * the reply has the name of a later request. */
static void
take_reply(struct client *c, json_t *reply)
{
	struct request *r, *later;

	while ((r = TAILQ_FIRST(&c->requests)) != NULL && r->is_sent && r->wait == NULL &&
	       !is_reply_to(r, reply) && (later = TAILQ_NEXT(r, next)) != NULL && later->is_sent)
		request_end(r, 0, NULL, NULL);
	if (r == NULL || !r->is_sent) {
		client_fail(c, -EPROTO, xstrdup("got a reply without a request"));
		return;
	}
	if (is_reply_to(r, reply))
		request_end(r, 0, json_incref(json_object_iter_value(json_object_iter(reply))),
			    NULL);
	else
		request_end(r, -EPROTO, NULL,
			    xsprintf("the reply to %s is of another command: its key is \"%s\"",
				     r->name, json_object_iter_key(json_object_iter(reply))));
	client_advance(c);
}

static void
take_greeting(struct client *c, json_t *msg)
{
	if (!json_is_string(json_object_get(msg, "version")) ||
	    !json_is_integer(json_object_get(msg, "pid"))) {
		client_fail(c, -EPROTO,
			    xstrdup("the greeting is not that of DPDK's telemetry, version 2"));
		return;
	}
	((struct telemetry *)c)->greeting = json_incref(msg);
	client_ready(c);
}

/* Not JSON: a packet fails its own request. In a stream the next reply's beginning is unknown. */
static void
take_garbage(struct client *c, const char *bytes, size_t len)
{
	struct request *r = TAILQ_FIRST(&c->requests);
	char *text =
		xsprintf("the reply is no JSON object: %.*s", (int)(len < 200 ? len : 200), bytes);

	if (!c->is_ready || ((struct telemetry *)c)->is_stream || r == NULL || !r->is_sent) {
		client_fail(c, -EPROTO, text);
		return;
	}
	request_end(r, -EPROTO, NULL, text);
	client_advance(c);
}

static void
telemetry_message(struct client *c, const char *bytes, size_t len)
{
	json_t *msg = json_read(bytes, len, 0, NULL);

	log_bytes(c, "in", bytes, len);
	if (!json_is_object(msg))
		take_garbage(c, bytes, len);
	else if (!c->is_ready)
		take_greeting(c, msg);
	else
		take_reply(c, msg);
	json_decref(msg);
}

/* The end of the JSON object at the stream's beginning. Other text is garbage, all of it. */
static size_t
object_end(struct telemetry *t, const char *bytes, size_t len)
{
	size_t *seen = &t->client.seen;

	while (*seen < len) {
		char c = bytes[(*seen)++];

		if (t->depth == 0 && c != '{') {
			if (c != '\0' && strchr(" \t\r\n", c) != NULL)
				continue;
			return len;
		}
		if (t->in_escape)
			t->in_escape = false;
		else if (t->in_string && c == '\\')
			t->in_escape = true;
		else if (c == '"')
			t->in_string = !t->in_string;
		else if (!t->in_string && (c == '{' || c == '['))
			t->depth++;
		else if (!t->in_string && (c == '}' || c == ']') && --t->depth == 0)
			return *seen;
	}
	if (len > REPLY_MAX)
		client_fail(&t->client, -EMSGSIZE,
			    xsprintf("a reply of more than %d bytes", REPLY_MAX));
	return 0;
}

/* A packet is one message. */
static size_t
telemetry_frame(struct client *c, const char *bytes, size_t len)
{
	struct telemetry *t = (struct telemetry *)c;

	return t->is_stream ? object_end(t, bytes, len) : len;
}

/* ---- close ---- */

static void
socat_ended(struct telemetry *t)
{
	struct client *c = &t->client;

	while (t->err.len > 0 && t->err.data[t->err.len - 1] == '\n')
		t->err.data[--t->err.len] = '\0';
	if (c->chan->exit.exited && c->chan->exit.code == 127)
		client_fail(c, -ENOENT,
			    xsprintf("socat is needed on the node and cannot be run: %s",
				     t->err.len > 0 ? t->err.data : "no reason given"));
	else
		client_fail(c, -EPIPE,
			    xsprintf("the other side closed the connection%s%s",
				     t->err.len > 0 ? ": " : "",
				     t->err.len > 0 ? t->err.data : ""));
}

static void
telemetry_ended(struct client *c)
{
	struct telemetry *t = (struct telemetry *)c;
	int rc = c->chan->exit.error;

	if (t->is_stream)
		socat_ended(t);
	else if (rc == -EMSGSIZE)
		client_fail(c, rc, xsprintf("a reply of more than %d bytes", REPLY_MAX));
	else if (rc < 0)
		client_fail(c, rc, xsprintf("cannot read: %s", strerror(-rc)));
	else
		client_fail(
			c, -EPIPE,
			xstrdup(c->is_ready
					? "the other side closed the connection"
					: "closed before a greeting (DPDK serves ten clients at most)"));
}

static const struct client_ops telemetry_ops = {
	.res = { .kind = "telemetry", .hard = client_hard, .destroy = telemetry_destroy },
	.frame = telemetry_frame,
	.message = telemetry_message,
	.send = telemetry_send,
	.ended = telemetry_ended,
	.log_closed = telemetry_log_closed,
};

/* ---- open ---- */

static void
socat_data(void *owner, enum chan_which which, const char *bytes, size_t len)
{
	struct telemetry *t = owner;

	if (which == CHAN_OUT) {
		client_data(owner, which, bytes, len);
		return;
	}
	if (t->err.len + len < 4096)
		buf_add(&t->err, bytes, len);
	log_bytes(&t->client, "err", bytes, len);
}

static int
open_there(struct chan **chan, struct node *n, const char *path)
{
	char *target = xsprintf("UNIX-CONNECT:%s,type=5", path); /* SOCK_SEQPACKET */
	/* socat drops the part of a packet behind its buffer. No packet is larger than a socket's
	 * buffer (net.core.wmem_default: 208 KiB). */
	char *argv[] = { "socat", "-b", "262144", "-", target, NULL };
	struct chan_spec spec = { .argv = argv };
	int rc = n->ops->spawn(n, chan, &spec);

	free(target);
	return rc;
}

int
telemetry_open(struct client **out, struct scope *s, const char *name, struct node *n,
	       const char *path, double seconds, struct wait *w)
{
	struct chan *chan;
	struct telemetry *t;
	int rc = n->is_here ? chan_packets(&chan, path, REPLY_MAX) : open_there(&chan, n, path);

	if (rc < 0)
		return rc;
	t = xcalloc(1, sizeof(*t));
	t->is_stream = !n->is_here;
	t->client.missing = "connected, but no greeting";
	client_open(&t->client, &telemetry_ops, s, name, chan, seconds, w);
	if (t->is_stream)
		chan->data = socat_data;
	*out = &t->client;
	return 0;
}

void
telemetry_hush(struct client *c)
{
	((struct telemetry *)c)->is_quiet = true;
}

const json_t *
telemetry_greeting(const struct client *c)
{
	return ((const struct telemetry *)c)->greeting;
}
