/* wait: one thing awaited, with an absolute deadline and a callback. */
#include "core/wait.h"

#include <errno.h>
#include <stddef.h>

static void
wait_expired(void *arg)
{
	wait_cancel(arg, -ETIMEDOUT);
}

void
wait_arm(struct wait *w, double seconds, void (*forget)(void *owner, struct wait *w), void *owner)
{
	static unsigned long armed;

	w->number = ++armed;
	w->forget = forget;
	w->owner = owner;
	w->next = NULL;
	w->since = loop_now();
	w->seconds = seconds;
	w->armed = true;
	timer_start(&w->timer, seconds, wait_expired, w);
}

void
wait_end(struct wait *w, int status)
{
	if (!w->armed)
		return;
	w->armed = false;
	timer_stop(&w->timer);
	w->done(w, status);
}

void
wait_cancel(struct wait *w, int status)
{
	if (!w->armed)
		return;
	if (w->forget != NULL)
		w->forget(w->owner, w);
	wait_end(w, status);
}

static void
list_forget(void *owner, struct wait *w)
{
	struct wait **at = owner;

	while (*at != NULL && *at != w)
		at = &(*at)->next;
	if (*at != NULL)
		*at = w->next;
}

void
wait_queue(struct wait **list, struct wait *w, double seconds)
{
	wait_arm(w, seconds, list_forget, list);
	w->next = *list;
	*list = w;
}

void
wait_end_all(struct wait **list, int status)
{
	for (struct wait *w = *list; w != NULL;) {
		bool is_last = w->next == NULL;

		*list = w->next;
		wait_end(w, status);
		/* the last one's callback may free the list's owner */
		w = is_last ? NULL : *list;
	}
}
