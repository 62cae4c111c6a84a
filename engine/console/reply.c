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

/* Remove a line's echo, which other threads may tear, too. Returns where it ended; 0: it is not
 * there. */
static size_t
take_echo(struct buf *text, const char *line)
{
	struct buf echo = { 0 };
	struct torn *t;
	const struct torn_part *parts = NULL;
	size_t n = 0, used = 0;

	buf_printf(&echo, "%s\n", line);
	if (text->len >= echo.len && memcmp(text->data, echo.data, echo.len) == 0) {
		used = echo.len;
		buf_drop(text, used);
		buf_free(&echo);
		return used;
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
	return n > 0 ? used : 0;
}

/* Give its waiter the reply: the output up to text_end. Returns the status. */
static int
op_answer(struct console *c, struct op *op, int status, uint64_t text_end)
{
	struct console_reply *r = op->reply;
	uint64_t from = op->start > c->base ? op->start : c->base;
	const struct torn_part *parts;
	struct buf text = { 0 };
	size_t echo = 0;

	r->unsent = op->line != NULL && !op->in_flight;
	r->dropped = from - op->start;
	if (status == 0) {
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
		    (echo = take_echo(&text, op->line)) == 0)
			status = -EBADMSG;
		/* an echo is no output that comes next */
		if (op->line != NULL && c->next.at == op->start)
			c->next.at += echo;
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

/* False where the place that it was told to look at is no longer in memory. */
static bool
op_begin(struct console *c, struct op *op)
{
	op->is_begun = true;
	/* the mark moved while it was queued: that text belongs to the op before it */
	if (!op->is_fixed && op->scanned < c->mark)
		op->start = op->scanned = c->mark;
	op_restart(c, op, op->line == NULL && op->start == 0);
	return !op->is_named || op->start >= c->base;
}

/* Search on from where the last search stopped. True when the head op has its reply. */
static bool
op_scan(struct console *c, struct op *op)
{
	uint64_t text_end;

	if (!op->is_begun && !op_begin(c, op)) {
		op_end(c, op, -EOVERFLOW, 0);
		return true;
	}
	/* the window has dropped text that was not searched */
	if (op->scanned < c->base) {
		op->scanned = c->base;
		op_restart(c, op, false);
	}
	if (!op_find(c, op, &text_end))
		return false;
	if (op->scanned > c->mark)
		c->mark = op->scanned;
	if (op->line != NULL)
		chatter_answered(c);
	else
		next_found(c, op->scanned, op->act, op->is_named);
	op_end(c, op, 0, text_end);
	return true;
}

static int
op_send(struct console *c, struct op *op)
{
	struct buf text = { 0 };
	int rc;

	next_asked(c);
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
console_write(struct console *c, const char *bytes, size_t len)
{
	return c->chan != NULL ? c->chan->ops->write(c->chan, bytes, len) : -EPIPE;
}

int
console_type(struct console *c, const char *bytes, size_t len)
{
	next_asked(c);
	return console_write(c, bytes, len);
}

/* The waiter gave up. A command that was sent stays in flight. */
static void
op_forget(void *owner, struct wait *w)
{
	struct op *op = owner;
	struct console *c = op->console;

	(void)w;
	op->reply->status = -ETIMEDOUT;
	op->reply->start = op->start;
	op->reply->unsent = op->line != NULL && !op->in_flight;
	op->wait = NULL;
	if (op->in_flight)
		return;
	op_free(op);
	/* the next one may be possible now */
	console_advance(c);
}

/* match NULL: its prompt. */
static struct op *
op_new(struct console *c, const char *line, struct match *match, struct wait *w,
       struct console_reply *r)
{
	struct op *op = xcalloc(1, sizeof(*op));

	memset(r, 0, sizeof(*r));
	op->console = c;
	op->match = match;
	op->line = line != NULL ? xstrdup(line) : NULL;
	op->wait = w;
	op->reply = r;
	op->act = c->next.act;
	op->start = op->scanned = c->mark;
	return op;
}

static int
op_queue(struct op *op, double seconds)
{
	struct console *c = op->console;

	wait_arm(op->wait, seconds, op_forget, op);
	console_stay(c, op->wait);
	TAILQ_INSERT_TAIL(&c->ops, op, next);
	console_advance(c);
	if (c->chan == NULL)
		reply_end_all(c);
	return 0;
}

int
console_expect(struct console *c, const char *const *needles, size_t n,
	       const struct console_place *place, double seconds, struct wait *w,
	       struct console_reply *r)
{
	struct match *m;
	struct op *op;

	if (place->from == CONSOLE_AFTER && place->after > window_end(c))
		return -ERANGE;
	m = match_new(needles, n);
	if (m == NULL)
		return -EINVAL;
	op = op_new(c, NULL, m, w, r);
	op->start = op->scanned = next_place(c, place, w);
	/* behind others it looks behind what they find, unless its place has a name */
	op->is_named = place->from == CONSOLE_START || place->from == CONSOLE_AFTER;
	op->is_fixed = op->is_named || TAILQ_EMPTY(&c->ops);
	return op_queue(op, seconds);
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
	return c->prompt.text != NULL ? op_queue(op_new(c, NULL, NULL, w, r), seconds) : -EINVAL;
}

int
console_command(struct console *c, const char *line, double seconds, struct wait *w,
		struct console_reply *r)
{
	return c->prompt.text != NULL ? op_queue(op_new(c, line, NULL, w, r), seconds) : -EINVAL;
}

void
console_reply_free(struct console_reply *r)
{
	free(r->text);
	memset(r, 0, sizeof(*r));
}
