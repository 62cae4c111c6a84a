/* qmp: a client of QEMU's machine protocol, or of the guest agent. */
#include "client/qmp.h"

#include <errno.h>
#include <unistd.h>

#include "chan/chan.h"
#include "core/buf.h"
#include "core/log.h"

#define EVENTS_MAX     512
#define LINE_MAX_BYTES (4 * 1024 * 1024)

/* A command, its reply awaited; or an event, awaited. */
struct qmp_call {
	struct qmp *q; /* NULL once answered, or the client is gone */
	struct qmp_call *next;
	struct wait *wait;
	uint64_t id; /* of a command */
	char *name;  /* of the command or event */
	json_t *match;
	bool is_event;
	int status;
	json_t *result;
	char *error;
};

struct qmp {
	struct res res;
	struct chan *chan; /* NULL: closed */
	struct buf in;
	size_t seen; /* of `in`, without a newline */
	bool agent, greeted, ready;
	uint64_t sync;
	struct wait *wait; /* who waits for it to be ready */
	char *error;
	struct qmp_call *calls;
	uint64_t last_id;
	json_t *events[EVENTS_MAX];
	uint64_t event_count;
};

static void
qmp_log(struct qmp *q, const char *dir, const char *what, json_t *msg)
{
	log_event("qmp", json_pack("{s:s, s:s, s:s, s:O}", "name", q->res.name, "dir", dir, "what",
				   what, "msg", msg));
}

static void
qmp_log_bytes(struct qmp *q, const char *what, const char *bytes, size_t len)
{
	json_t *text = log_text(bytes, len);

	qmp_log(q, "in", what, text);
	json_decref(text);
}

/* ---- calls ---- */

static void
call_unlink(struct qmp_call *call)
{
	for (struct qmp_call **p = &call->q->calls; *p != NULL; p = &(*p)->next) {
		if (*p == call) {
			*p = call->next;
			break;
		}
	}
	call->q = NULL;
	call->next = NULL;
}

/* Answer it; takes over result and error. */
static void
call_end(struct qmp_call *call, int status, json_t *result, char *error)
{
	call_unlink(call);
	call->status = status;
	call->result = result;
	call->error = error;
	wait_end(call->wait, status);
}

static void
call_forget(void *owner, struct wait *w)
{
	struct qmp_call *call = owner;

	call->status = -ETIMEDOUT;
	call->error = xsprintf("no %s \"%s\" in %.1f s", call->is_event ? "event" : "reply to",
			       call->name, w->seconds);
	call_unlink(call);
}

static struct qmp_call *
call_new(struct qmp *q, const char *name, double seconds, struct wait *w, struct qmp_call **out)
{
	struct qmp_call *call = xcalloc(1, sizeof(*call)), **p = &q->calls;

	call->q = q;
	call->name = xstrdup(name);
	call->wait = w;
	call->status = -ECANCELED;
	while (*p != NULL)
		p = &(*p)->next;
	*p = call;
	*out = call;
	wait_arm(w, seconds, call_forget, call);
	return call;
}

int
qmp_call_finish(struct qmp_call *call, json_t **result, char **error)
{
	int status = call->status;

	/* its wait was ended by nobody we know: no longer of interest */
	if (call->q != NULL)
		call_unlink(call);
	if (result != NULL)
		*result = json_incref(call->result);
	if (error != NULL)
		*error = call->error;
	else
		free(call->error);
	json_decref(call->result);
	json_decref(call->match);
	free(call->name);
	free(call);
	return status;
}

/* ---- the end ---- */

/* Let go of the socket and end all that wait. */
static void
qmp_drop(struct qmp *q, int status, char *why)
{
	struct wait *w = q->wait;

	if (q->error == NULL)
		q->error = why;
	else
		free(why);
	if (q->chan == NULL)
		return;
	q->chan->ops->destroy(q->chan);
	q->chan = NULL;
	q->wait = NULL;
	log_event("qmp", json_pack("{s:s, s:s, s:o}", "name", q->res.name, "what", "closed", "why",
				   log_text(q->error, strlen(q->error))));
	while (q->calls != NULL)
		call_end(q->calls, status, NULL, xsprintf("\"%s\": %s", q->calls->name, q->error));
	if (w != NULL)
		wait_end(w, status);
}

/* It ended by itself. One that was never ready stays, for its error to be read. */
static void
qmp_fail(struct qmp *q, int status, char *why)
{
	bool was_ready = q->ready;

	res_hold(&q->res);
	qmp_drop(q, status, why);
	if (was_ready)
		res_closed(&q->res);
	res_drop(&q->res);
}

static void
qmp_hard(struct res *r)
{
	struct qmp *q = (struct qmp *)r;

	res_hold(r);
	qmp_drop(q, q->ready ? -EPIPE : -ECANCELED, xstrdup("the connection was closed"));
	res_closed(r);
	res_drop(r);
}

static void
qmp_destroy(struct res *r)
{
	struct qmp *q = (struct qmp *)r;

	for (size_t i = 0; i < EVENTS_MAX; i++)
		json_decref(q->events[i]);
	buf_free(&q->in);
	free(q->error);
	free(q);
}

static const struct res_ops qmp_res_ops = { .kind = "qmp",
					    .hard = qmp_hard,
					    .destroy = qmp_destroy };

/* ---- what goes out ---- */

static void
qmp_send(struct qmp *q, const char *command, json_t *args, json_t *id)
{
	json_t *msg = json_pack("{s:s}", "execute", command);
	char *text;

	if (args != NULL)
		json_object_set_new(msg, "arguments", args);
	json_object_set_new(msg, "id", id);
	qmp_log(q, "out", command, msg);
	text = json_dumps(msg, JSON_COMPACT);
	json_decref(msg);
	q->chan->ops->write(q->chan, text, strlen(text));
	q->chan->ops->write(q->chan, "\n", 1);
	free(text);
}

int
qmp_execute(struct qmp *q, const char *command, json_t *args, double seconds, struct wait *w,
	    struct qmp_call **out)
{
	struct qmp_call *call;

	if (q->chan == NULL || !q->ready) {
		json_decref(args);
		return q->chan == NULL ? -EPIPE : -ENOTCONN;
	}
	call = call_new(q, command, seconds, w, out);
	call->id = ++q->last_id;
	qmp_send(q, command, args, json_integer((json_int_t)call->id));
	return 0;
}

/* ---- events ---- */

/* All that `want` has, `have` has too; of arrays and scalars: the same. */
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

static bool
event_fits(struct qmp_call *call, json_t *event)
{
	const char *name = json_string_value(json_object_get(event, "event"));

	if (!call->is_event || name == NULL || strcmp(name, call->name) != 0)
		return false;
	return call->match == NULL || is_subset(call->match, json_object_get(event, "data"));
}

uint64_t
qmp_mark(const struct qmp *q)
{
	return q->event_count;
}

int
qmp_await(struct qmp *q, const char *event, json_t *match, uint64_t since, double seconds,
	  struct wait *w, struct qmp_call **out)
{
	uint64_t oldest = q->event_count > EVENTS_MAX ? q->event_count - EVENTS_MAX : 0;
	struct qmp_call *call;

	if (q->chan == NULL || !q->ready) {
		json_decref(match);
		return q->chan == NULL ? -EPIPE : -ENOTCONN;
	}
	call = call_new(q, event, seconds, w, out);
	call->is_event = true;
	call->match = match;
	for (uint64_t i = since > oldest ? since : oldest; i < q->event_count; i++) {
		if (event_fits(call, q->events[i % EVENTS_MAX])) {
			call_end(call, 0, json_incref(q->events[i % EVENTS_MAX]), NULL);
			return 0;
		}
	}
	return 0;
}

static void
take_event(struct qmp *q, json_t *msg)
{
	json_t **slot = &q->events[q->event_count++ % EVENTS_MAX];
	struct qmp_call *call;

	json_decref(*slot);
	*slot = json_incref(msg);
	/* whoever is told may await the next one, or close us: start over */
	do {
		for (call = q->calls; call != NULL && !event_fits(call, msg); call = call->next)
			;
		if (call != NULL)
			call_end(call, 0, json_incref(msg), NULL);
	} while (call != NULL);
}

/* ---- what comes in ---- */

static int
error_number(const char *class)
{
	if (strcmp(class, "CommandNotFound") == 0)
		return -ENOSYS;
	if (strcmp(class, "DeviceNotFound") == 0)
		return -ENODEV;
	return -EREMOTEIO;
}

static char *
error_text(json_t *error, int *status)
{
	const char *class = json_string_value(json_object_get(error, "class"));
	const char *desc = json_string_value(json_object_get(error, "desc"));

	*status = error_number(class != NULL ? class : "");
	return xsprintf("%s: %s", class != NULL ? class : "no class",
			desc != NULL ? desc : "no description");
}

static struct qmp_call *
call_by_id(struct qmp *q, uint64_t id)
{
	for (struct qmp_call *call = q->calls; call != NULL; call = call->next)
		if (!call->is_event && call->id == id)
			return call;
	return NULL;
}

static void
qmp_is_ready(struct qmp *q)
{
	struct wait *w = q->wait;

	q->ready = true;
	q->wait = NULL;
	if (w != NULL)
		wait_end(w, 0);
}

/* The answer to qmp_capabilities: id 0, before any call. */
static void
take_welcome(struct qmp *q, json_t *error)
{
	int status = 0;
	char *text;

	if (error == NULL) {
		qmp_is_ready(q);
		return;
	}
	text = error_text(error, &status);
	qmp_fail(q, -EREMOTEIO, xsprintf("qmp_capabilities was refused: %s", text));
	free(text);
}

static void
take_reply(struct qmp *q, json_t *msg)
{
	json_t *id = json_object_get(msg, "id"), *error = json_object_get(msg, "error");
	struct qmp_call *call;
	int status = 0;
	char *text;

	if (!q->ready) {
		take_welcome(q, error);
		return;
	}
	call = json_is_integer(id) ? call_by_id(q, (uint64_t)json_integer_value(id)) : NULL;
	if (call == NULL)
		return; /* its deadline was before; the log has it */
	if (error == NULL) {
		call_end(call, 0, json_incref(json_object_get(msg, "return")), NULL);
		return;
	}
	text = error_text(error, &status);
	call_end(call, status, NULL, text);
}

static void
take_message(struct qmp *q, json_t *msg)
{
	const char *event = json_string_value(json_object_get(msg, "event"));

	if (!q->greeted && json_object_get(msg, "QMP") != NULL) {
		qmp_log(q, "in", "greeting", msg);
		q->greeted = true;
		qmp_send(q, "qmp_capabilities", NULL, json_integer(0));
	} else if (event != NULL) {
		qmp_log(q, "in", event, msg);
		take_event(q, msg);
	} else if (q->greeted &&
		   (json_object_get(msg, "return") || json_object_get(msg, "error"))) {
		qmp_log(q, "in", json_object_get(msg, "error") ? "error" : "return", msg);
		take_reply(q, msg);
	} else {
		qmp_log(q, "in", "garbage", msg);
		qmp_fail(q, -EPROTO, xstrdup("what the other side says is JSON, but not QMP"));
	}
}

/* Until the guest agent answers our sync, all is left over from others. */
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
		qmp_is_ready(q);
	json_decref(msg);
}

static void
take_line(struct qmp *q, const char *line, size_t len)
{
	json_t *msg;

	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (q->agent && !q->ready) {
		take_sync(q, line, len);
		return;
	}
	if (len == 0)
		return;
	msg = json_loadb(line, len, 0, NULL);
	if (json_is_object(msg)) {
		take_message(q, msg);
	} else {
		qmp_log_bytes(q, "garbage", line, len);
		qmp_fail(q, -EPROTO,
			 xsprintf("the other side does not speak QMP; it said: %.*s",
				  (int)(len < 200 ? len : 200), line));
	}
	json_decref(msg);
}

/* The lines that are complete; what follows them waits for its end. */
static void
take_lines(struct qmp *q)
{
	size_t at = 0;

	while (q->chan != NULL) {
		char *line = q->in.data + at;
		char *end = memchr(line + q->seen, '\n', q->in.len - at - q->seen);

		if (end == NULL)
			break;
		q->seen = 0;
		at += (size_t)(end - line) + 1;
		take_line(q, line, (size_t)(end - line));
	}
	buf_drop(&q->in, at);
	q->seen = q->in.len;
	if (q->chan != NULL && q->in.len > LINE_MAX_BYTES)
		qmp_fail(q, -EPROTO, xsprintf("a line of more than %d bytes", LINE_MAX_BYTES));
}

static void
qmp_data(void *owner, enum chan_which which, const char *bytes, size_t len)
{
	struct qmp *q = owner;

	(void)which;
	buf_add(&q->in, bytes, len);
	res_hold(&q->res);
	take_lines(q);
	res_drop(&q->res);
}

static void
qmp_ended(void *owner)
{
	qmp_fail(owner, -EPIPE, xstrdup("the other side closed the connection"));
}

/* ---- the beginning ---- */

static void
qmp_open_forget(void *owner, struct wait *w)
{
	struct qmp *q = owner;

	q->wait = NULL;
	qmp_fail(q, 0,
		 xsprintf("no %s in %.1f s",
			  q->agent     ? "answer of the guest agent"
			  : q->greeted ? "reply to qmp_capabilities"
				       : "greeting of QEMU",
			  w->seconds));
}

/* The 0xff makes the agent forget half a command of whoever was there before. */
static void
agent_sync(struct qmp *q)
{
	q->greeted = true;
	q->sync = ((uint64_t)getpid() << 20 ^ (uint64_t)(loop_now() * 1e6)) & 0x7fffffff;
	q->chan->ops->write(q->chan, "\xff", 1);
	qmp_send(q, "guest-sync-delimited", json_pack("{s:I}", "id", (json_int_t)q->sync),
		 json_integer(0));
}

int
qmp_open(struct qmp **out, struct scope *s, const char *name, const char *path, bool agent,
	 double seconds, struct wait *w)
{
	struct qmp *q = xcalloc(1, sizeof(*q));
	int rc = chan_unix(&q->chan, path);

	if (rc < 0) {
		free(q);
		return rc;
	}
	q->agent = agent;
	q->chan->data = qmp_data;
	q->chan->ended = qmp_ended;
	q->chan->owner = q;
	res_open(&q->res, &qmp_res_ops, s, name, 0);
	*out = q;
	q->wait = w;
	wait_arm(w, seconds, qmp_open_forget, q);
	if (agent)
		agent_sync(q);
	return 0;
}

struct res *
qmp_res(struct qmp *q)
{
	return &q->res;
}

const char *
qmp_error(const struct qmp *q)
{
	return q->error != NULL ? q->error : "";
}
