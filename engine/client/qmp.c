/* qmp: a client of QEMU's machine protocol, or of the guest agent. */
#include "client/qmp.h"

#include <errno.h>
#include <unistd.h>

#include "core/json.h"
#include "core/log.h"

#define EVENTS_MAX     512
#define LINE_MAX_BYTES (4 * 1024 * 1024)

struct qmp {
	struct client client;
	bool agent, greeted;
	uint64_t sync, last_id;
	json_t *events[EVENTS_MAX];
	uint64_t event_count;
};

static void
qmp_log(struct qmp *q, const char *dir, const char *what, json_t *msg)
{
	log_event("qmp", json_pack("{s:s, s:s, s:s, s:O}", "name", q->client.res.name, "dir", dir,
				   "what", what, "msg", msg));
}

static void
qmp_log_bytes(struct qmp *q, const char *what, const char *bytes, size_t len)
{
	json_t *text = log_text(bytes, len);

	qmp_log(q, "in", what, text);
	json_decref(text);
}

static void
qmp_log_closed(struct client *c)
{
	log_event("qmp", json_pack("{s:s, s:s, s:o}", "name", c->res.name, "what", "closed", "why",
				   log_text(c->error, strlen(c->error))));
}

static void
qmp_destroy(struct res *r)
{
	struct qmp *q = (struct qmp *)r;

	for (size_t i = 0; i < EVENTS_MAX; i++)
		json_decref(q->events[i]);
	client_free(&q->client);
}

/* ---- sending ---- */

static void
qmp_send(struct qmp *q, const char *command, json_t *args, json_t *id)
{
	json_t *msg =
		json_pack("{s:s, s:o*, s:o}", "execute", command, "arguments", args, "id", id);
	char *json = json_dumps(msg, JSON_COMPACT);
	struct buf text = { 0 };

	qmp_log(q, "out", command, msg);
	buf_printf(&text, "%s\n", json);
	json_decref(msg);
	free(json);
	client_write(&q->client, text.data, text.len);
	buf_free(&text);
}

int
qmp_execute(struct client *c, const char *command, json_t *args, double seconds, struct wait *w,
	    struct request **out)
{
	struct qmp *q = (struct qmp *)c;
	int rc = request_new(out, c, xsprintf("\"%s\"", command), seconds, w);

	if (rc < 0) {
		json_decref(args);
		return rc;
	}
	(*out)->id = ++q->last_id;
	qmp_send(q, command, args, json_integer((json_int_t)q->last_id));
	return 0;
}

/* ---- events ---- */

/* Has `have` each member of `want`? Arrays and scalars must be equal. */
static bool
is_subset(json_t *want, json_t *have)
{
	const char *key;
	json_t *value;

	if (!json_is_object(want))
		return json_equal(want, have);
	if (!json_is_object(have))
		return false;
	json_object_foreach(want, key, value) {
		json_t *other = json_object_get(have, key);

		if (other == NULL || !is_subset(value, other))
			return false;
	}
	return true;
}

uint64_t
qmp_mark(const struct client *c)
{
	return ((const struct qmp *)c)->event_count;
}

int
qmp_await(struct client *c, const char *event, json_t *match, uint64_t since, double seconds,
	  struct wait *w, struct request **out)
{
	struct qmp *q = (struct qmp *)c;
	uint64_t oldest = q->event_count > EVENTS_MAX ? q->event_count - EVENTS_MAX : 0;
	int rc = request_new(out, c, xsprintf("\"%s\"", event), seconds, w);

	if (rc < 0) {
		json_decref(match);
		return rc;
	}
	(*out)->event =
		json_pack("{s:o, s:o*}", "event", json_string_nocheck(event), "data", match);
	for (uint64_t i = since > oldest ? since : oldest; i < q->event_count; i++) {
		json_t *seen = q->events[i % EVENTS_MAX];

		if (is_subset((*out)->event, seen)) {
			request_end(*out, 0, json_incref(seen), NULL);
			return 0;
		}
	}
	return 0;
}

static void
take_event(struct qmp *q, json_t *msg)
{
	json_t **slot = &q->events[q->event_count++ % EVENTS_MAX];
	struct request *r;

	json_decref(*slot);
	*slot = json_incref(msg);
	/* a callback may await the next event or close the client: start over */
	do {
		TAILQ_FOREACH(r, &q->client.requests, next)
			if (r->event != NULL && is_subset(r->event, msg))
				break;
		if (r != NULL)
			request_end(r, 0, json_incref(msg), NULL);
	} while (r != NULL);
}

/* ---- receiving ---- */

static char *
error_text(json_t *error, int *status)
{
	const char *class = json_string_value(json_object_get(error, "class"));
	const char *desc = json_string_value(json_object_get(error, "desc"));

	class = class != NULL ? class : "no class";
	*status = strcmp(class, "CommandNotFound") == 0  ? -ENOSYS
		  : strcmp(class, "DeviceNotFound") == 0 ? -ENODEV
							 : -EREMOTEIO;
	return xsprintf("%s: %s", class, desc != NULL ? desc : "no description");
}

static void
take_reply(struct client *c, json_t *msg)
{
	json_t *id = json_object_get(msg, "id"), *error = json_object_get(msg, "error");
	struct request *r;
	int status = 0;
	char *text = error != NULL ? error_text(error, &status) : NULL;

	TAILQ_FOREACH(r, &c->requests, next)
		if (r->event == NULL && json_is_integer(id) &&
		    r->id == (uint64_t)json_integer_value(id))
			break;
	if (r != NULL) {
		request_end(r, status,
			    error == NULL ? json_incref(json_object_get(msg, "return")) : NULL,
			    text);
		return;
	}
	/* to qmp_capabilities; a later one is behind its deadline, and the log has it */
	if (!c->is_ready && error == NULL)
		client_ready(c);
	else if (!c->is_ready)
		client_fail(c, -EREMOTEIO, xsprintf("qmp_capabilities was refused: %s", text));
	free(text);
}

static void
take_message(struct qmp *q, json_t *msg)
{
	const char *event = json_string_value(json_object_get(msg, "event"));
	bool is_error = json_object_get(msg, "error") != NULL;

	if (!q->greeted && json_object_get(msg, "QMP") != NULL) {
		qmp_log(q, "in", "greeting", msg);
		q->greeted = true;
		q->client.missing = "no reply to qmp_capabilities";
		qmp_send(q, "qmp_capabilities", NULL, json_integer(0));
	} else if (event != NULL) {
		qmp_log(q, "in", event, msg);
		take_event(q, msg);
	} else if (q->greeted && (is_error || json_object_get(msg, "return"))) {
		qmp_log(q, "in", is_error ? "error" : "return", msg);
		take_reply(&q->client, msg);
	} else {
		qmp_log(q, "in", "garbage", msg);
		client_fail(&q->client, -EPROTO, xstrdup("expected a QMP message, got other JSON"));
	}
}

/* Lines before the reply to our sync are for earlier clients of the agent. */
static void
take_sync(struct qmp *q, const char *line, size_t len)
{
	const char *mark = memrchr(line, 0xff, len);
	json_t *msg;

	qmp_log_bytes(q, "sync", line, len);
	if (mark == NULL)
		return;
	msg = json_loadb(mark + 1, len - (size_t)(mark + 1 - line), 0, NULL);
	if (msg != NULL &&
	    json_integer_value(json_object_get(msg, "return")) == (json_int_t)q->sync)
		client_ready(&q->client);
	json_decref(msg);
}

static void
qmp_message(struct client *c, const char *line, size_t len)
{
	struct qmp *q = (struct qmp *)c;
	json_t *msg;

	len--;
	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (q->agent && !c->is_ready) {
		take_sync(q, line, len);
		return;
	}
	if (len == 0)
		return;
	msg = json_read(line, len, 0, NULL);
	if (json_is_object(msg)) {
		take_message(q, msg);
	} else {
		qmp_log_bytes(q, "garbage", line, len);
		client_fail(c, -EPROTO,
			    xsprintf("expected a line of QMP, got: %.*s",
				     (int)(len < 200 ? len : 200), line));
	}
	json_decref(msg);
}

/* A line, its end included. */
static size_t
qmp_frame(struct client *c, const char *bytes, size_t len)
{
	const char *end = memchr(bytes + c->seen, '\n', len - c->seen);

	if (end != NULL)
		return (size_t)(end - bytes) + 1;
	c->seen = len;
	if (len > LINE_MAX_BYTES)
		client_fail(c, -EPROTO, xsprintf("a line of more than %d bytes", LINE_MAX_BYTES));
	return 0;
}

/* Several commands may be in flight: replies have ids. */
static const struct client_ops qmp_ops = {
	.res = { .kind = "qmp", .hard = client_hard, .destroy = qmp_destroy },
	.frame = qmp_frame,
	.message = qmp_message,
	.log_closed = qmp_log_closed,
};

/* ---- open ---- */

/* The 0xff makes the agent drop the rest of an earlier client's command. */
static void
agent_sync(struct qmp *q)
{
	q->greeted = true;
	q->sync = ((uint64_t)getpid() << 20 ^ (uint64_t)(loop_now() * 1e6)) & 0x7fffffff;
	client_write(&q->client, "\xff", 1);
	qmp_send(q, "guest-sync-delimited", json_pack("{s:I}", "id", (json_int_t)q->sync),
		 json_integer(0));
}

int
qmp_open(struct client **out, struct scope *s, const char *name, const char *path, bool agent,
	 double seconds, struct wait *w)
{
	struct chan *chan;
	struct qmp *q;
	int rc = chan_unix(&chan, path);

	if (rc < 0)
		return rc;
	q = xcalloc(1, sizeof(*q));
	q->agent = agent;
	q->client.missing = agent ? "no reply of the guest agent" : "no greeting of QEMU";
	client_open(&q->client, &qmp_ops, s, name, chan, seconds, w);
	*out = &q->client;
	if (agent)
		agent_sync(q);
	return 0;
}
