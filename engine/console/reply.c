/* reply: lines typed at a console, and the texts awaited behind them, in turn. */
#include <errno.h>

#include "console/console_priv.h"

static void
op_free(struct op *op)
{
	TAILQ_REMOVE(&op->console->ops, op, next);
	match_free(op->match);
	free(op->line);
	free(op);
}

void
prompt_free(struct prompt *p)
{
	match_free(p->match);
	torn_free(p->torn);
	free(p->text);
}

/* Remove a line's echo, which other threads may tear, too. False where it is not there. */
static bool
take_echo(struct buf *text, const char *line)
{
	struct buf echo = { 0 };
	struct torn *t;
	const struct torn_part *parts;
	size_t n = 0, used;

	buf_printf(&echo, "%s\n", line);
	if (text->len >= echo.len && memcmp(text->data, echo.data, echo.len) == 0) {
		buf_drop(text, echo.len);
		buf_free(&echo);
		return true;
	}
	t = torn_new(echo.data);
	if (t != NULL) {
		torn_restart(t, true);
		if (torn_feed(t, text->data, text->len, &used))
			n = torn_parts(t, &parts);
	}
	for (size_t i = n; i-- > 0;)
		buf_cut(text, (size_t)parts[i].at, parts[i].len);
	torn_free(t);
	buf_free(&echo);
	return n > 0;
}

/* Give its waiter the reply: the output up to text_end. Returns the status. */
static int
op_answer(struct console *c, struct op *op, int status, uint64_t text_end)
{
	struct console_reply *r = op->reply;
	uint64_t from = op->start > c->base ? op->start : c->base;
	const struct torn_part *parts;
	struct buf text = { 0 };

	r->unsent = op->line != NULL && !op->in_flight;
	if (status == 0) {
		r->dropped = from - op->start;
		buf_add(&text, c->window.data + (from - c->base),
			text_end > from ? (size_t)(text_end - from) : 0);
		if (r->dropped > 0)
			status = -EOVERFLOW;
		else if (op->match == NULL && c->prompt.torn != NULL)
			/* the last part is behind the text */
			for (size_t i = torn_parts(c->prompt.torn, &parts) - 1; i-- > 0;)
				buf_cut(&text, (size_t)(op->begun + parts[i].at - from),
					parts[i].len);
		if (status == 0 && op->line != NULL && c->prompt.has_echo &&
		    !take_echo(&text, op->line))
			status = -EBADMSG;
		r->text = text.data;
		r->len = text.len;
	}
	r->status = status;
	if (op->line != NULL)
		log_event("reply", json_pack("{s:s, s:i, s:f}", "console", c->res.name, "status",
					     status, "seconds", loop_now() - op->wait->since));
	return status;
}

static void
op_end(struct console *c, struct op *op, int status, uint64_t text_end)
{
	struct wait *w = op->wait;

	if (w != NULL)
		status = op_answer(c, op, status, text_end);
	op_free(op);
	if (w != NULL)
		wait_end(w, status);
}

static void
op_restart(struct console *c, struct op *op, bool at_line)
{
	op->begun = op->scanned;
	if (op->match == NULL && c->prompt.torn != NULL)
		torn_restart(c->prompt.torn, at_line);
	else
		match_restart(op->match != NULL ? op->match : c->prompt.match, at_line);
}

/* Where the reply ends, behind which the text was found; false: not found yet. */
static bool
op_find(struct console *c, struct op *op, uint64_t *text_end)
{
	struct match *m = op->match != NULL ? op->match : c->prompt.match;
	size_t off = (size_t)(op->scanned - c->base), used = 0, needle;
	const char *at = c->window.data + off;
	const struct torn_part *parts;
	int k = 0;

	if (m == NULL && !torn_feed(c->prompt.torn, at, c->window.len - off, &used))
		k = -1;
	else if (m != NULL)
		k = match_feed(m, at, c->window.len - off, &used);
	op->scanned += used;
	if (k < 0)
		return false;
	if (m == NULL) {
		size_t n = torn_parts(c->prompt.torn, &parts);

		*text_end = op->begun + parts[n - 1].at;
		/* the end of the line before is the echo's, or the reply's */
		if (!c->prompt.has_echo && *text_end > op->start)
			--*text_end;
		return true;
	}
	if (op->wait != NULL)
		op->reply->matched = k;
	/* at the stream's beginning a needle matches without its newline */
	needle = strlen(match_text(m, k));
	*text_end = op->scanned - op->start > needle ? op->scanned - needle : op->start;
	return true;
}

/* Search on from where the last search stopped. True when the head op has its reply. */
static bool
op_scan(struct console *c, struct op *op)
{
	uint64_t text_end;

	if (!op->is_begun) {
		op->is_begun = true;
		/* the mark moved while it was queued: that text belongs to the op before it */
		if (op->scanned < c->mark)
			op->start = op->scanned = c->mark;
		op_restart(c, op, op->line == NULL && c->mark == 0);
	}
	/* the window has dropped text that was not searched */
	if (op->scanned < c->base) {
		op->scanned = c->base;
		op_restart(c, op, false);
	}
	if (!op_find(c, op, &text_end))
		return false;
	c->mark = op->scanned;
	if (op->line != NULL)
		chatter_answered(c);
	op_end(c, op, 0, text_end);
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

/* match NULL: its prompt. */
static int
op_add(struct console *c, const char *line, struct match *match, double seconds, struct wait *w,
       struct console_reply *r)
{
	struct op *op;

	memset(r, 0, sizeof(*r));
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
	struct match *m = match_new(needles, n);

	return m != NULL ? op_add(c, NULL, m, seconds, w, r) : -EINVAL;
}

int
console_set_prompt(struct console *c, const struct console_prompt *p)
{
	struct prompt made = { .has_echo = p->has_echo };

	if (!TAILQ_EMPTY(&c->ops))
		return -EBUSY;
	if (p->is_torn)
		made.torn = torn_new(p->text);
	else
		made.match = match_new(&p->text, 1);
	if (made.torn == NULL && made.match == NULL)
		return -EINVAL;
	made.text = xstrdup(p->text);
	prompt_free(&c->prompt);
	c->prompt = made;
	return 0;
}

const char *
console_prompt(const struct console *c)
{
	return c->prompt.text;
}

int
console_await_prompt(struct console *c, double seconds, struct wait *w, struct console_reply *r)
{
	return c->prompt.text != NULL ? op_add(c, NULL, NULL, seconds, w, r) : -EINVAL;
}

int
console_command(struct console *c, const char *line, double seconds, struct wait *w,
		struct console_reply *r)
{
	return c->prompt.text != NULL ? op_add(c, line, NULL, seconds, w, r) : -EINVAL;
}

void
console_reply_free(struct console_reply *r)
{
	free(r->text);
	memset(r, 0, sizeof(*r));
}
