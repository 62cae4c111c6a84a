/* reply: lines typed at a console, and the texts awaited behind them, in turn. */
#include <errno.h>

#include "console/console_priv.h"

static void
op_free(struct op *op)
{
	TAILQ_REMOVE(&op->console->ops, op, next);
	if (op->match != op->console->prompt)
		match_free(op->match);
	free(op->line);
	free(op);
}

/* Give its waiter the reply. */
static void
op_answer(struct console *c, struct op *op, int status, uint64_t text_end)
{
	struct console_reply *r = op->reply;

	r->status = status;
	r->unsent = op->line != NULL && !op->in_flight;
	if (status == 0) {
		uint64_t from = op->start > c->base ? op->start : c->base;

		r->dropped = from - op->start;
		r->len = text_end > from ? (size_t)(text_end - from) : 0;
		r->text = xstrndup(c->window.data + (from - c->base), r->len);
	}
	if (op->line != NULL)
		log_event("reply", json_pack("{s:s, s:i, s:f}", "console", c->res.name, "status",
					     status, "seconds", loop_now() - op->wait->since));
}

static void
op_end(struct console *c, struct op *op, int status, uint64_t text_end)
{
	struct wait *w = op->wait;

	if (w != NULL)
		op_answer(c, op, status, text_end);
	op_free(op);
	if (w != NULL)
		wait_end(w, status);
}

/* Search on from where the last search stopped. True when the head op has its reply. */
static bool
op_scan(struct console *c, struct op *op)
{
	size_t off, used = 0;
	uint64_t needle;
	int k;

	if (!op->is_begun) {
		op->is_begun = true;
		/* the mark moved while it was queued: that text belongs to the op before it */
		if (op->scanned < c->mark)
			op->start = op->scanned = c->mark;
		match_restart(op->match, op->line == NULL && c->mark == 0);
	}
	/* the window has dropped text that was not searched */
	if (op->scanned < c->base) {
		op->scanned = c->base;
		match_restart(op->match, false);
	}
	off = (size_t)(op->scanned - c->base);
	k = match_feed(op->match, c->window.data + off, c->window.len - off, &used);
	op->scanned += used;
	if (k < 0)
		return false;
	if (op->wait != NULL)
		op->reply->matched = k;
	c->mark = op->scanned;
	if (op->line != NULL)
		chatter_answered(c);
	/* at the stream's beginning a needle matches without its newline */
	needle = strlen(match_text(op->match, k));
	op_end(c, op, 0, op->scanned - op->start > needle ? op->scanned - needle : op->start);
	return true;
}

static int
op_send(struct console *c, struct op *op)
{
	struct buf text = { 0 };
	int rc;

	op->start = op->scanned = c->mark = window_end(c);
	op->in_flight = true;
	log_event("command", json_pack("{s:s, s:o}", "console", c->res.name, "line",
				       log_text(op->line, strlen(op->line))));
	buf_printf(&text, "%s\n", op->line);
	rc = c->chan != NULL ? c->chan->ops->write(c->chan, text.data, text.len) : -EPIPE;
	buf_free(&text);
	return rc;
}

void
console_advance(struct console *c)
{
	struct op *op;

	while ((op = TAILQ_FIRST(&c->ops)) != NULL) {
		/* a person types at it: the line waits */
		if (op->line != NULL && !op->in_flight && c->peer != NULL)
			return;
		if (op->line != NULL && !op->in_flight && op_send(c, op) < 0)
			op_end(c, op, -EPIPE, 0);
		else if (!op_scan(c, op))
			return;
	}
}

void
reply_end_all(struct console *c)
{
	while (!TAILQ_EMPTY(&c->ops))
		op_end(c, TAILQ_FIRST(&c->ops), -EPIPE, 0);
}

int
console_type(struct console *c, const char *bytes, size_t len)
{
	if (c->chan == NULL)
		return -EPIPE;
	return c->chan->ops->write(c->chan, bytes, len);
}

/* The waiter gave up. A command that was sent stays in flight. */
static void
op_forget(void *owner, struct wait *w)
{
	struct op *op = owner;
	struct console *c = op->console;

	(void)w;
	op->reply->status = -ETIMEDOUT;
	op->reply->unsent = op->line != NULL && !op->in_flight;
	op->wait = NULL;
	if (op->in_flight)
		return;
	op_free(op);
	/* the next one may be possible now */
	console_advance(c);
}

static int
op_add(struct console *c, const char *line, struct match *match, double seconds, struct wait *w,
       struct console_reply *r)
{
	struct op *op;

	memset(r, 0, sizeof(*r));
	if (match == NULL)
		return -EINVAL;
	op = xcalloc(1, sizeof(*op));
	op->console = c;
	op->match = match;
	op->line = line != NULL ? xstrdup(line) : NULL;
	op->wait = w;
	op->reply = r;
	op->start = op->scanned = c->mark;
	wait_arm(w, seconds, op_forget, op);
	TAILQ_INSERT_TAIL(&c->ops, op, next);
	console_advance(c);
	if (c->chan == NULL)
		reply_end_all(c);
	return 0;
}

int
console_expect(struct console *c, const char *const *needles, size_t n, double seconds,
	       struct wait *w, struct console_reply *r)
{
	return op_add(c, NULL, match_new(needles, n), seconds, w, r);
}

int
console_set_prompt(struct console *c, const char *const *needles, size_t n)
{
	struct match *prompt;

	if (!TAILQ_EMPTY(&c->ops))
		return -EBUSY;
	prompt = match_new(needles, n);
	if (prompt == NULL)
		return -EINVAL;
	match_free(c->prompt);
	c->prompt = prompt;
	return 0;
}

const char *
console_prompt(const struct console *c)
{
	return c->prompt != NULL ? match_text(c->prompt, 0) : NULL;
}

int
console_await_prompt(struct console *c, double seconds, struct wait *w, struct console_reply *r)
{
	return op_add(c, NULL, c->prompt, seconds, w, r);
}

int
console_command(struct console *c, const char *line, double seconds, struct wait *w,
		struct console_reply *r)
{
	return op_add(c, line, c->prompt, seconds, w, r);
}

void
console_reply_free(struct console_reply *r)
{
	free(r->text);
	memset(r, 0, sizeof(*r));
}
