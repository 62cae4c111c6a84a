/* chatter: what consoles say of themselves, whole lines that answer no command. */
#include <errno.h>

#include "console/console_priv.h"

/* Lines that come so close together are told together. */
#define TOGETHER_SECONDS 0.03
/* Of each console so much is kept until it is told, the last of it. */
#define SAID_MAX (64u << 10)

static struct {
	bool is_on; /* somebody asked */
	struct console *first;
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

/* Move the whole lines behind what was told to what was said. */
static void
take(struct console *c)
{
	struct talk *t = &c->talk;
	uint64_t from = t->told > c->base ? t->told : c->base;

	if (t->lines <= from)
		return;
	buf_add(&t->said, c->window.data + (from - c->base), (size_t)(t->lines - from));
	t->told = t->lines;
	/* twice the size before it moves: moving is then a constant cost a byte */
	if (t->said.len > 2 * SAID_MAX)
		buf_drop(&t->said, t->said.len - SAID_MAX);
}

static void
tell(void *arg)
{
	struct wait *w = all.wait;

	(void)arg;
	timer_stop(&all.timer);
	all.wait = NULL;
	if (w != NULL)
		wait_end(w, 0);
}

static void
tell_soon(void)
{
	if (all.wait != NULL && all.timer == NULL)
		all.timer = timer_start(TOGETHER_SECONDS, tell, NULL);
}

void
chatter_open(struct console *c)
{
	c->talk.next = all.first;
	if (all.first != NULL)
		all.first->talk.previous = c;
	all.first = c;
}

void
chatter_close(struct console *c)
{
	struct talk *t = &c->talk;

	if (t->previous != NULL)
		t->previous->talk.next = t->next;
	else if (all.first == c)
		all.first = t->next;
	if (t->next != NULL)
		t->next->talk.previous = t->previous;
	buf_free(&t->said);
}

void
chatter_heard(struct console *c)
{
	if (!all.is_on || c->is_private)
		return;
	look_for_lines(c);
	/* who has it reads it */
	if (c->is_lent)
		c->talk.told = window_end(c);
	/* what comes while a command is in flight is its answer's */
	if (c->ops == NULL || !c->ops->in_flight || c->ops->wait == NULL)
		take(c);
	if (c->talk.said.len > 0)
		tell_soon();
}

void
chatter_answered(struct console *c)
{
	c->talk.told = c->mark;
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
	return newer != NULL ? newer->talk.next : all.first;
}

int
chatter_await(double seconds, struct wait *w)
{
	bool is_said = false;

	if (all.wait != NULL)
		return -EBUSY;
	for (struct console *c = all.first; c != NULL; c = c->talk.next) {
		if (!all.is_on)
			c->talk.told = c->talk.looked = window_end(c);
		is_said = is_said || c->talk.said.len > 0;
	}
	all.is_on = true;
	wait_arm(w, seconds, chatter_forget, NULL);
	all.wait = w;
	if (is_said)
		tell_soon();
	return 0;
}

struct console *
chatter_next(struct console *after, struct buf *out)
{
	struct console *c = after != NULL ? after->talk.next : all.first;

	while (c != NULL && c->talk.said.len == 0)
		c = c->talk.next;
	if (c == NULL)
		return NULL;
	*out = c->talk.said;
	c->talk.said = (struct buf){ 0 };
	return c;
}
