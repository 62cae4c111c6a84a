/* next: where an expect looks for what comes next. */
#include "console/console_priv.h"
#include "core/task.h"

void
next_asked(struct console *c)
{
	c->next.at = window_end(c);
	c->next.is_asked = true;
	if (!c->is_private)
		c->next.act = task_act();
}

void
next_found(struct console *c, uint64_t at, unsigned long act, bool is_named)
{
	bool is_before = at <= c->next.at;

	/* the console was asked since the search began; or a look back, which leaves what was asked
	 */
	if (is_before && c->next.is_asked && (is_named || act != c->next.act))
		return;
	/* a look back is continued by the next wait only */
	if (is_before && is_named)
		c->next.act = 0;
	c->next.at = at;
	c->next.is_asked = false;
}

void
console_stay(struct console *c, const struct wait *w)
{
	c->next.wait = w->number;
	c->next.done = task_last_act();
}

/* For this waiter. */
static uint64_t
next_begin(struct console *c, const struct wait *w)
{
	bool is_here = c->next.act != 0 || w->number == c->next.wait;

	if (!c->next.is_asked && !(is_here && c->next.done == task_last_act()))
		c->next.at = window_end(c);
	return c->next.at;
}

uint64_t
next_place(struct console *c, const struct console_place *place, const struct wait *w)
{
	switch (place->from) {
	case CONSOLE_START:
		return 0;
	case CONSOLE_AFTER:
		return place->after;
	case CONSOLE_LAST:
		return c->mark;
	default:
		return next_begin(c, w);
	}
}

bool
console_had(const struct console *c, const char *const *needles, size_t n,
	    const struct console_reply *r)
{
	size_t len = r->start > c->base ? (size_t)(r->start - c->base) : 0;

	for (size_t i = 0; i < n; i++)
		if (memmem(c->window.data, len, needles[i], strlen(needles[i])) != NULL)
			return true;
	return false;
}
