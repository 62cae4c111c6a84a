/* copy: a file or a folder, copied from one node to another: a shell on each, the output of the
 * first is the input of the second. */
#include "node/copy.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "core/log.h"
#include "node/copy_argv.h"

/* Bytes in the receiver's queue: the sender is held above the first, and goes on below the second.
 */
#define QUEUE_MAX  ((size_t)4 << 20)
#define QUEUE_LESS ((size_t)1 << 20)
/* of what a node prints on stderr */
#define WORDS_MAX 4096
/* for the receiver to remove what came, before it is killed */
#define GRACE_SECONDS 5.0

struct side {
	struct copy *copy;
	struct node *node;
	char *path;
	struct chan *chan; /* NULL: it has ended */
	struct buf words;  /* its stderr */
};

struct copy {
	struct res res;
	struct side from, to;
	struct buf path;     /* of the copy */
	struct side *blamed; /* the first that failed */
	int status;
	char *error;
	uint64_t bytes; /* of the file or the archive, so far */
	bool has_head;  /* the sender's first line has come */
	bool is_sent, is_held, is_stopped;
	char *end; /* what the receiver waits for */
	int undo;  /* of the unfinished copy */
	struct wait *wait;
	double since;
};

/* ---- its end ---- */

/* The errno whose words are in a text, the longest of the first line that has any; 0 for none. */
static int
errno_in(const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n"), longest = 0;
		char *line = xstrndup(text, len);
		/* dash and busybox have words of their own */
		int found = strcasestr(line, "nonexistent") != NULL ? ENOENT : 0;

		for (int e = 1; e < 134; e++) {
			size_t size = strlen(strerror(e));

			if (size > longest && strstr(line, strerror(e)) != NULL) {
				found = e;
				longest = size;
			}
		}
		free(line);
		if (found != 0)
			return found;
		text += len + (text[len] == '\n');
	}
	return 0;
}

static void
copy_log(struct copy *c)
{
	char *from = xsprintf("%s:%s", c->from.node->res.name, c->from.path);
	char *to = xsprintf("%s:%s", c->to.node->res.name, c->to.path);

	log_event("copied",
		  json_pack("{s:o, s:o, s:f, s:f, s:s*}", "from", log_text(from, strlen(from)),
			    "to", log_text(to, strlen(to)), "bytes", (double)c->bytes, "seconds",
			    loop_now() - c->since, "error", c->error));
	free(from);
	free(to);
}

/* Both sides have ended. */
static void
copy_finish(struct copy *c)
{
	copy_log(c);
	wait_end_all(&c->wait, c->status);
	res_closed(&c->res);
}

static void
copy_explain(struct copy *c, struct side *s, const struct chan_exit *e)
{
	const char *text = s->words.data != NULL ? s->words.data : "";
	size_t len = strcspn(text, "\n");
	int err = e->lost ? ECONNRESET : errno_in(text);
	char how[32];

	chan_exit_words(e, how, sizeof(how));
	c->blamed = s;
	c->status = err != 0 ? -err : -EIO;
	if (e->lost)
		c->error = xsprintf("the session ended: %s:%s", s->node->res.name, s->path);
	else if (err != 0)
		c->error = xsprintf("%s: %s:%s", strerror(err), s->node->res.name, s->path);
	else
		c->error = xsprintf("%.*s: %s:%s", len > 0 ? (int)len : (int)strlen(how),
				    len > 0 ? text : how, s->node->res.name, s->path);
}

/* The receiver removes what came. */
static void
copy_stop(struct copy *c, int receivers)
{
	if (c->is_stopped && receivers == SIGTERM)
		return;
	c->is_stopped = true;
	/* a side may end within, and with it the copy */
	res_hold(&c->res);
	if (c->from.chan != NULL) {
		c->from.chan->ops->hold(c->from.chan, false);
		chan_kill(c->from.chan, SIGKILL);
	}
	if (c->to.chan != NULL)
		chan_kill(c->to.chan, receivers);
	res_drop(&c->res);
}

/* A side has ended; true when all is well with it. */
static bool
side_is_done(struct side *s)
{
	struct copy *c = s->copy;
	struct chan_exit e = s->chan->exit;
	bool ok = e.exited && e.code == 0 && (s == &c->from || c->is_sent);

	s->chan->ops->destroy(s->chan);
	s->chan = NULL;
	if (!ok && c->blamed == NULL)
		copy_explain(c, s, &e);
	/* it has removed the unfinished copy itself */
	if (s == &c->to && e.exited) {
		s->node->ops->drop(s->node, c->undo);
		c->undo = 0;
	}
	return ok && c->blamed == NULL;
}

/* The sender has succeeded. */
static void
send_end(struct copy *c, struct chan *to)
{
	to->ops->write(to, c->end, strlen(c->end));
	to->ops->eof(to);
}

static void
side_ended(void *owner)
{
	struct side *s = owner;
	struct copy *c = s->copy;
	bool is_done = side_is_done(s);

	res_hold(&c->res);
	if (!is_done)
		copy_stop(c, SIGTERM);
	else if (s == &c->from && c->to.chan != NULL)
		send_end(c, c->to.chan);
	c->is_sent |= is_done;
	if (c->from.chan == NULL && c->to.chan == NULL && c->res.state != RES_CLOSED)
		copy_finish(c);
	res_drop(&c->res);
}

/* ---- the bytes ---- */

static void
keep_words(struct side *s, const char *bytes, size_t len)
{
	if (s->words.len < WORDS_MAX)
		buf_add(&s->words, bytes, len < WORDS_MAX ? len : WORDS_MAX);
}

/* How many of these bytes come after the sender's first line? */
static size_t
behind_head(struct copy *c, const char *bytes, size_t len)
{
	const char *end = c->has_head ? bytes - 1 : memchr(bytes, '\n', len);

	c->has_head |= end != NULL;
	return end != NULL ? len - (size_t)(end + 1 - bytes) : 0;
}

static void
from_data(void *owner, enum chan_which which, const char *bytes, size_t len)
{
	struct side *s = owner;
	struct copy *c = s->copy;
	struct chan *to = c->to.chan;

	if (which == CHAN_ERR) {
		keep_words(s, bytes, len);
		return;
	}
	if (c->blamed != NULL || to == NULL)
		return;
	c->bytes += behind_head(c, bytes, len);
	to->ops->write(to, bytes, len);
	if (to->ops->unsent(to) > QUEUE_MAX && !c->is_held) {
		c->is_held = true;
		s->chan->ops->hold(s->chan, true);
	}
}

static void
to_room(void *owner)
{
	struct copy *c = ((struct side *)owner)->copy;

	if (!c->is_held || c->to.chan->ops->unsent(c->to.chan) > QUEUE_LESS)
		return;
	c->is_held = false;
	if (c->from.chan != NULL)
		c->from.chan->ops->hold(c->from.chan, false);
}

static void
to_data(void *owner, enum chan_which which, const char *bytes, size_t len)
{
	struct side *s = owner;

	if (which == CHAN_ERR)
		keep_words(s, bytes, len);
	else
		buf_add(&s->copy->path, bytes, len);
}

/* ---- the resource ---- */

static void
copy_soft(struct res *r)
{
	copy_stop((struct copy *)r, SIGTERM);
}

static void
copy_hard(struct res *r)
{
	copy_stop((struct copy *)r, SIGKILL);
}

static void
side_free(struct side *s)
{
	if (s->chan != NULL)
		s->chan->ops->destroy(s->chan);
	res_drop(&s->node->res);
	buf_free(&s->words);
	free(s->path);
}

static void
copy_destroy(struct res *r)
{
	struct copy *c = (struct copy *)r;

	side_free(&c->from);
	side_free(&c->to);
	buf_free(&c->path);
	free(c->error);
	free(c->end);
	free(c);
}

static const struct res_ops copy_ops = {
	.kind = "copy", .soft = copy_soft, .hard = copy_hard, .destroy = copy_destroy
};

static void
copy_forget(void *owner, struct wait *w)
{
	struct copy *c = owner;

	c->wait = NULL;
	if (c->blamed == NULL)
		c->blamed = &c->to;
	if (c->error == NULL)
		c->error = xsprintf("the copy of %s:%s to %s:%s was not done after %.1f s: %" PRIu64
				    " bytes were read",
				    c->from.node->res.name, c->from.path, c->to.node->res.name,
				    c->to.path, w->seconds, c->bytes);
	res_close(&c->res);
}

/* ---- its start ---- */

static void
side_open(struct copy *c, struct side *s, const struct copy_place *place)
{
	s->copy = c;
	s->node = place->node;
	s->path = xstrdup(place->path);
	res_hold(&s->node->res);
}

static int
side_start(struct side *s, char *const *argv,
	   void (*data)(void *owner, enum chan_which which, const char *bytes, size_t len))
{
	struct chan_spec spec = { .argv = argv };
	int rc = s->node->ops->spawn(s->node, &s->chan, &spec);

	if (rc < 0)
		return rc;
	s->chan->data = data;
	s->chan->ended = side_ended;
	s->chan->owner = s;
	return 0;
}

static int
start_sender(struct copy *c)
{
	struct argv argv = { 0 };
	int rc;

	copy_sender_argv(c->from.path, &argv);
	rc = side_start(&c->from, argv.v, from_data);
	argv_free(&argv);
	return rc;
}

/* The undo comes before the act. */
static int
start_receiver(struct copy *c)
{
	struct argv argv = { 0 }, undo = { 0 };
	int rc;

	copy_receiver_argv(c->to.path, c->from.path, &argv, &undo, &c->end);
	c->undo = c->to.node->ops->undo(c->to.node, undo.v);
	rc = side_start(&c->to, argv.v, to_data);
	if (rc == 0)
		c->to.chan->room = to_room;
	else
		c->to.node->ops->drop(c->to.node, c->undo);
	argv_free(&argv);
	argv_free(&undo);
	return rc;
}

int
copy_start(struct copy **out, struct scope *s, const struct copy_place *from,
	   const struct copy_place *to, double seconds, struct wait *w)
{
	struct copy *c = xcalloc(1, sizeof(*c));
	int rc;

	side_open(c, &c->from, from);
	side_open(c, &c->to, to);
	buf_add(&c->path, "", 0);
	c->since = loop_now();
	rc = start_sender(c);
	if (rc == 0)
		rc = start_receiver(c);
	if (rc < 0) {
		copy_destroy(&c->res);
		return rc;
	}
	res_open(&c->res, &copy_ops, s, "copy", GRACE_SECONDS);
	res_hold(&c->res);
	c->wait = w;
	wait_arm(w, seconds, copy_forget, c);
	*out = c;
	return 0;
}

const char *
copy_path(const struct copy *c)
{
	/* our own "./", where it was not asked for */
	return c->path.data +
	       (strncmp(c->path.data, c->to.path, 2) != 0 && strncmp(c->path.data, "./", 2) == 0
			? 2
			: 0);
}

const char *
copy_error(const struct copy *c)
{
	return c->error;
}

const char *
copy_tail(const struct copy *c)
{
	return c->blamed != NULL ? c->blamed->words.data : NULL;
}

struct res *
copy_res(struct copy *c)
{
	return &c->res;
}
