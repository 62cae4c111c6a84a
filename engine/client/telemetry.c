/* telemetry: a client of DPDK's telemetry, version 2.
 *
 * lib/telemetry/telemetry.c: one thread a client reads a command a packet,
 * "NAME,PARAMETERS", and writes {"NAME": ...} in one packet, in order. */
#include "client/telemetry.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "chan/chan.h"
#include "core/buf.h"
#include "core/log.h"

#define REPLY_MAX (1024 * 1024)
/* a command's name is cut to that in the reply (MAX_CMD_LEN) */
#define NAME_MAX_BYTES 56
/* replies that may be owed for asks that were given up */
#define OWED_MAX 4

/* What was asked, until it is answered; `call` NULL: given up. */
struct ask {
	struct ask *next;
	struct telemetry_call *call;
	char *command;
	size_t name_len;
	bool sent;
};

struct telemetry_call {
	struct telemetry *t; /* NULL once answered, or the client is gone */
	struct wait *wait;
	int status;
	json_t *result;
	char *error;
};

struct telemetry {
	struct res res;
	int fd; /* here; -1: closed, or by way of chan */
	struct watch *watch;
	struct chan *chan;
	struct buf in, err; /* of chan: half a reply; the last words of socat */
	size_t seen;
	int depth;
	bool in_string, in_escape;
	bool over;
	bool is_quiet;
	json_t *greeting;
	struct wait *wait; /* who waits for the greeting */
	char *error;
	struct ask *asks; /* oldest first */
};

static void
log_bytes(struct telemetry *t, const char *dir, const char *bytes, size_t len)
{
	if (t->is_quiet)
		return;
	log_event("telemetry", json_pack("{s:s, s:s, s:o}", "name", t->res.name, "dir", dir, "text",
					 log_text(bytes, len)));
}

/* ---- calls ---- */

static struct ask *
ask_take_first(struct telemetry *t)
{
	struct ask *a = t->asks;

	t->asks = a->next;
	return a;
}

static void
ask_free(struct ask *a)
{
	free(a->command);
	free(a);
}

/* Answer it, if anybody still wants to know; takes over result and error. */
static void
ask_end(struct ask *a, int status, json_t *result, char *error)
{
	struct telemetry_call *call = a->call;

	ask_free(a);
	if (call == NULL) {
		json_decref(result);
		free(error);
		return;
	}
	call->t = NULL;
	call->status = status;
	call->result = result;
	call->error = error;
	wait_end(call->wait, status);
}

/* ---- the end ---- */

static void
telemetry_drop(struct telemetry *t, int status, char *why)
{
	struct wait *w = t->wait;

	if (t->error == NULL)
		t->error = why;
	else
		free(why);
	if (t->over)
		return;
	t->over = true;
	t->wait = NULL;
	watch_stop(&t->watch);
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	if (t->chan != NULL)
		t->chan->ops->destroy(t->chan);
	t->chan = NULL;
	log_bytes(t, "closed", t->error, strlen(t->error));
	while (t->asks != NULL) {
		struct ask *a = ask_take_first(t);

		ask_end(a, status, NULL, xsprintf("%s: %s", a->command, t->error));
	}
	if (w != NULL)
		wait_end(w, status);
}

/* It ended by itself. One that was never up stays, for its error to be read. */
static void
telemetry_fail(struct telemetry *t, int status, char *why)
{
	bool was_up = t->greeting != NULL;

	res_hold(&t->res);
	telemetry_drop(t, status, why);
	if (was_up)
		res_closed(&t->res);
	res_drop(&t->res);
}

static void
telemetry_hard(struct res *r)
{
	struct telemetry *t = (struct telemetry *)r;

	res_hold(r);
	telemetry_drop(t, t->greeting != NULL ? -EPIPE : -ECANCELED,
		       xstrdup("the connection was closed"));
	res_closed(r);
	res_drop(r);
}

static void
telemetry_destroy(struct res *r)
{
	struct telemetry *t = (struct telemetry *)r;

	json_decref(t->greeting);
	buf_free(&t->in);
	buf_free(&t->err);
	free(t->error);
	free(t);
}

static const struct res_ops telemetry_res_ops = { .kind = "telemetry",
						  .hard = telemetry_hard,
						  .destroy = telemetry_destroy };

/* ---- what goes out ---- */

/* Send the oldest that was not, unless one is in flight. An ask that was given
 * up does not hold the next one back. */
static void
telemetry_send_next(struct telemetry *t)
{
	struct ask *a = t->asks;

	while (a != NULL && a->sent && a->call == NULL)
		a = a->next;
	if (a == NULL || a->sent || t->over)
		return;
	a->sent = true;
	log_bytes(t, "out", a->command, strlen(a->command));
	if (t->chan != NULL)
		t->chan->ops->write(t->chan, a->command, strlen(a->command));
	else if (send(t->fd, a->command, strlen(a->command), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
		 errno != EPIPE && errno != ECONNRESET)
		/* that its peer has gone is for the reading side to tell */
		telemetry_fail(t, -errno, xsprintf("cannot send: %s", strerror(errno)));
}

static void
ask_forget(void *owner, struct wait *w)
{
	struct telemetry_call *call = owner;
	struct telemetry *t = call->t;
	struct ask **p = &t->asks, *a;
	int owed = 0;

	while ((*p)->call != call)
		p = &(*p)->next;
	a = *p;
	call->t = NULL;
	call->status = -ETIMEDOUT;
	call->error = xsprintf("no reply to %s in %.1f s%s", a->command, w->seconds,
			       a->sent ? "" : " (others before it were not answered)");
	a->call = NULL;
	if (!a->sent) {
		*p = a->next;
		ask_free(a);
		return;
	}
	for (a = t->asks; a != NULL; a = a->next)
		owed += a->call == NULL;
	if (owed >= OWED_MAX)
		telemetry_fail(t, -ETIMEDOUT, xsprintf("%d asks in a row were not answered", owed));
	else
		telemetry_send_next(t);
}

int
telemetry_ask(struct telemetry *t, const char *command, double seconds, struct wait *w,
	      struct telemetry_call **out)
{
	struct telemetry_call *call;
	struct ask *a, **p = &t->asks;

	if (t->over || t->greeting == NULL)
		return t->over ? -EPIPE : -ENOTCONN;
	if (command[0] != '/' || strlen(command) >= 1024)
		return -EINVAL;
	a = xcalloc(1, sizeof(*a));
	call = xcalloc(1, sizeof(*call));
	a->command = xstrdup(command);
	a->name_len = strcspn(command, ",");
	if (a->name_len > NAME_MAX_BYTES)
		a->name_len = NAME_MAX_BYTES;
	a->call = call;
	call->t = t;
	call->wait = w;
	while (*p != NULL)
		p = &(*p)->next;
	*p = a;
	*out = call;
	wait_arm(w, seconds, ask_forget, call);
	telemetry_send_next(t);
	return 0;
}

int
telemetry_finish(struct telemetry_call *call, json_t **result, char **error)
{
	int status = call->status;

	if (result != NULL)
		*result = json_incref(call->result);
	if (error != NULL)
		*error = call->error;
	else
		free(call->error);
	json_decref(call->result);
	free(call);
	return status;
}

/* ---- what comes in ---- */

static bool
ask_fits(const struct ask *a, json_t *reply)
{
	const char *key = json_object_iter_key(json_object_iter(reply));

	return json_object_size(reply) == 1 && strlen(key) == a->name_len &&
	       memcmp(key, a->command, a->name_len) == 0;
}

/* A reply belongs to the oldest that was sent. One that was given up may stay
 * without a reply for ever: then another's name tells. */
static void
take_reply(struct telemetry *t, json_t *reply)
{
	struct ask *a;

	while (t->asks != NULL && t->asks->sent && t->asks->call == NULL &&
	       !ask_fits(t->asks, reply) && t->asks->next != NULL && t->asks->next->sent)
		ask_free(ask_take_first(t));
	if (t->asks == NULL || !t->asks->sent) {
		telemetry_fail(t, -EPROTO, xstrdup("a reply came that nobody had asked for"));
		return;
	}
	a = ask_take_first(t);
	if (ask_fits(a, reply))
		ask_end(a, 0, json_incref(json_object_iter_value(json_object_iter(reply))), NULL);
	else
		ask_end(a, -EPROTO, NULL,
			xsprintf("the reply to %s is another's: its key is \"%s\"", a->command,
				 json_object_iter_key(json_object_iter(reply))));
	if (!t->over)
		telemetry_send_next(t);
}

static void
take_greeting(struct telemetry *t, json_t *msg)
{
	struct wait *w = t->wait;

	if (!json_is_string(json_object_get(msg, "version")) ||
	    !json_is_integer(json_object_get(msg, "pid"))) {
		telemetry_fail(t, -EPROTO,
			       xstrdup("the greeting is not that of DPDK's telemetry, version 2"));
		return;
	}
	t->greeting = json_incref(msg);
	t->wait = NULL;
	if (w != NULL)
		wait_end(w, 0);
}

/* Not JSON: in a packet of its own it is one ask's bad luck. In a stream we no
 * longer know where the next reply begins. */
static void
take_garbage(struct telemetry *t, const char *bytes, size_t len)
{
	char *text =
		xsprintf("the reply is no JSON object: %.*s", (int)(len < 200 ? len : 200), bytes);

	if (t->greeting == NULL || t->chan != NULL || t->asks == NULL || !t->asks->sent) {
		telemetry_fail(t, -EPROTO, text);
		return;
	}
	ask_end(ask_take_first(t), -EPROTO, NULL, text);
	if (!t->over)
		telemetry_send_next(t);
}

static void
take_message(struct telemetry *t, const char *bytes, size_t len)
{
	json_t *msg = json_loadb(bytes, len, 0, NULL);

	log_bytes(t, "in", bytes, len);
	if (!json_is_object(msg))
		take_garbage(t, bytes, len);
	else if (t->greeting == NULL)
		take_greeting(t, msg);
	else
		take_reply(t, msg);
	json_decref(msg);
}

/* ---- here: SEQPACKET ---- */

/* False when there is no more, or no more of us. */
static bool
take_packet(struct telemetry *t)
{
	static char bytes[REPLY_MAX];
	ssize_t n = recv(t->fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n < 0 && errno != ECONNRESET)
		telemetry_fail(t, -errno, xsprintf("cannot read: %s", strerror(errno)));
	else if (n <= 0)
		telemetry_fail(
			t, -EPIPE,
			xstrdup(t->greeting != NULL
					? "the other side closed the connection"
					: "closed before a greeting (DPDK serves ten clients at most)"));
	else if ((size_t)n > sizeof(bytes))
		telemetry_fail(t, -EMSGSIZE, xsprintf("a reply of %zd bytes", n));
	else
		take_message(t, bytes, (size_t)n);
	return !t->over;
}

static void
telemetry_event(void *arg, int events)
{
	struct telemetry *t = arg;

	(void)events;
	res_hold(&t->res);
	for (int i = 0; i < 16 && take_packet(t); i++)
		;
	res_drop(&t->res);
}

static int
open_here(struct telemetry *t, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path) + 1);
	t->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (t->fd < 0 || connect(t->fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	return watch_start(&t->watch, t->fd, UV_READABLE, telemetry_event, t);
}

/* ---- elsewhere: socat ---- */

/* Where the JSON object that starts the stream ends, behind what was seen
 * already; 0: not yet. */
static size_t
object_end(struct telemetry *t)
{
	while (t->seen < t->in.len) {
		char c = t->in.data[t->seen++];

		if (t->in_escape)
			t->in_escape = false;
		else if (t->in_string && c == '\\')
			t->in_escape = true;
		else if (c == '"')
			t->in_string = !t->in_string;
		else if (!t->in_string && (c == '{' || c == '['))
			t->depth++;
		else if (!t->in_string && (c == '}' || c == ']') && --t->depth <= 0)
			return t->seen;
	}
	return 0;
}

/* Space between objects goes; false when anything else stands there. */
static bool
skip_space(struct telemetry *t)
{
	size_t n = 0;

	if (t->seen > 0)
		return true;
	while (n < t->in.len && strchr(" \t\r\n", t->in.data[n]) != NULL && t->in.data[n] != '\0')
		n++;
	buf_drop(&t->in, n);
	return t->in.len == 0 || t->in.data[0] == '{';
}

static void
take_stream(struct telemetry *t)
{
	size_t end;

	while (!t->over) {
		if (!skip_space(t)) {
			take_message(t, t->in.data, t->in.len);
			return;
		}
		end = object_end(t);
		if (end == 0)
			break;
		t->seen = 0;
		t->depth = 0;
		take_message(t, t->in.data, end);
		buf_drop(&t->in, end);
	}
	if (!t->over && t->in.len > REPLY_MAX)
		telemetry_fail(t, -EMSGSIZE, xsprintf("a reply of more than %d bytes", REPLY_MAX));
}

static void
socat_data(void *owner, enum chan_which which, const char *bytes, size_t len)
{
	struct telemetry *t = owner;

	if (which == CHAN_ERR) {
		if (t->err.len + len < 4096)
			buf_add(&t->err, bytes, len);
		log_bytes(t, "err", bytes, len);
		return;
	}
	buf_add(&t->in, bytes, len);
	res_hold(&t->res);
	take_stream(t);
	res_drop(&t->res);
}

static void
socat_ended(void *owner)
{
	struct telemetry *t = owner;

	while (t->err.len > 0 && t->err.data[t->err.len - 1] == '\n')
		t->err.data[--t->err.len] = '\0';
	if (t->chan->exit.exited && t->chan->exit.code == 127)
		telemetry_fail(t, -ENOENT,
			       xsprintf("socat is needed on the node and cannot be run: %s",
					t->err.len > 0 ? t->err.data : "no reason given"));
	else
		telemetry_fail(t, -EPIPE,
			       xsprintf("the other side closed the connection%s%s",
					t->err.len > 0 ? ": " : "",
					t->err.len > 0 ? t->err.data : ""));
}

static int
open_there(struct telemetry *t, struct node *n, const char *path)
{
	char *target = xsprintf("UNIX-CONNECT:%s,type=5", path); /* SOCK_SEQPACKET */
	/* what does not fit into its buffer socat loses; no packet is larger than
	 * a socket's (net.core.wmem_default: 208 KiB) */
	char *argv[] = { "socat", "-b", "262144", "-", target, NULL };
	struct chan_spec spec = { .argv = argv };
	int rc = n->ops->spawn(n, &t->chan, &spec);

	free(target);
	if (rc < 0)
		return rc;
	t->chan->data = socat_data;
	t->chan->ended = socat_ended;
	t->chan->owner = t;
	return 0;
}

/* ---- the beginning ---- */

static void
telemetry_open_forget(void *owner, struct wait *w)
{
	struct telemetry *t = owner;

	t->wait = NULL;
	telemetry_fail(t, 0, xsprintf("connected, but no greeting in %.1f s", w->seconds));
}

int
telemetry_open(struct telemetry **out, struct scope *s, const char *name, struct node *n,
	       const char *path, double seconds, struct wait *w)
{
	struct telemetry *t = xcalloc(1, sizeof(*t));
	int rc;

	t->fd = -1;
	rc = n->is_here ? open_here(t, path) : open_there(t, n, path);
	if (rc < 0) {
		if (t->fd >= 0)
			close(t->fd);
		free(t);
		return rc;
	}
	res_open(&t->res, &telemetry_res_ops, s, name, 0);
	*out = t;
	t->wait = w;
	wait_arm(w, seconds, telemetry_open_forget, t);
	return 0;
}

void
telemetry_hush(struct telemetry *t)
{
	t->is_quiet = true;
}

struct res *
telemetry_res(struct telemetry *t)
{
	return &t->res;
}

const char *
telemetry_error(const struct telemetry *t)
{
	return t->error != NULL ? t->error : "";
}

const json_t *
telemetry_greeting(const struct telemetry *t)
{
	return t->greeting;
}
