/* chatter: whole lines that consoles print and that are no reply to a command. */
#include <errno.h>

#include "console/console_priv.h"

/* Lines that come so close together are reported together. */
#define TOGETHER_SECONDS 0.03
/* The limit of a console's pending lines: the last ones stay. */
#define PENDING_MAX (64u << 10)

static struct {
	bool is_on;                            /* since the first chatter_await */
	LIST_HEAD(console_list, console) open; /* newest first */
	struct wait *wait;
	struct timer *timer;
} all;

/* Each byte is looked at once. */
static void
look_for_lines(struct console *c)
{
	struct talk *t = &c->talk;
	uint64_t from = t->looked > c->base ? t->looked : c->base;
	size_t off = (size_t)(from - c->base);
	const char *last = memrchr(c->window.data + off, '\n', c->window.len - off);

	if (last != NULL)
		t->lines = c->base + (uint64_t)(last - c->window.data) + 1;
	t->looked = window_end(c);
}

/* Add the whole lines that were not reported yet to the pending ones. */
static void
take(struct console *c)
{
	struct talk *t = &c->talk;
	uint64_t from = t->reported > c->base ? t->reported : c->base;

	if (t->lines <= from)
		return;
	buf_add(&t->pending, c->window.data + (from - c->base), (size_t)(t->lines - from));
	t->reported = t->lines;
	/* twice the size before it moves: moving is then a constant cost a byte */
	if (t->pending.len > 2 * PENDING_MAX)
		buf_drop(&t->pending, t->pending.len - PENDING_MAX);
}

static void
report(void *arg)
{
	struct wait *w = all.wait;

	(void)arg;
	all.wait = NULL;
	if (w != NULL)
		wait_end(w, 0);
}

static void
report_soon(void)
{
	if (all.wait != NULL && all.timer == NULL)
		timer_start(&all.timer, TOGETHER_SECONDS, report, NULL);
}

void
chatter_open(struct console *c)
{
	LIST_INSERT_HEAD(&all.open, c, talk.older);
}

void
chatter_close(struct console *c)
{
	LIST_REMOVE(c, talk.older);
	buf_free(&c->talk.pending);
}

void
chatter_data(struct console *c)
{
	struct op *op;

	if (!all.is_on || c->is_private)
		return;
	look_for_lines(c);
	/* the terminal in passthrough shows them */
	if (c->peer != NULL)
		c->talk.reported = window_end(c);
	/* lines that come while a command is in flight belong to its reply */
	op = TAILQ_FIRST(&c->ops);
	if (op == NULL || !op->in_flight || op->wait == NULL)
		take(c);
	if (c->talk.pending.len > 0)
		report_soon();
}

void
chatter_answered(struct console *c)
{
	c->talk.reported = c->mark;
}

static void
chatter_forget(void *owner, struct wait *w)
{
	(void)owner;
	(void)w;
	all.wait = NULL;
	timer_stop(&all.timer);
}

struct console *
console_older(struct console *newer)
{
	return newer != NULL ? LIST_NEXT(newer, talk.older) : LIST_FIRST(&all.open);
}

int
chatter_await(double seconds, struct wait *w)
{
	bool is_pending = false;
	struct console *c;

	if (all.wait != NULL)
		return -EBUSY;
	LIST_FOREACH(c, &all.open, talk.older) {
		if (!all.is_on)
			c->talk.reported = c->talk.looked = window_end(c);
		is_pending = is_pending || c->talk.pending.len > 0;
	}
	all.is_on = true;
	wait_arm(w, seconds, chatter_forget, NULL);
	all.wait = w;
	if (is_pending)
		report_soon();
	return 0;
}

struct console *
chatter_next(struct console *after, struct buf *out)
{
	struct console *c = console_older(after);

	while (c != NULL && c->talk.pending.len == 0)
		c = console_older(c);
	if (c == NULL)
		return NULL;
	*out = c->talk.pending;
	c->talk.pending = (struct buf){ 0 };
	return c;
}
