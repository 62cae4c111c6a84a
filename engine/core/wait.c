/* wait: one thing awaited, with an absolute deadline, and whom to tell. */
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
	w->forget = forget;
	w->owner = owner;
	w->since = loop_now();
	w->seconds = seconds;
	w->armed = true;
	w->timer = timer_start(seconds, wait_expired, w);
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
