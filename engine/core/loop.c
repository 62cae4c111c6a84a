/* loop: the one libuv loop of this process, its clock, timers and fd watches. */
#include "core/loop.h"

#include <fcntl.h>
#include <time.h>

#include "core/buf.h"

struct timer {
	uv_timer_t uv;
	struct timer **out;
	timer_fn fn;
	void *arg;
};

struct watch {
	uv_poll_t uv;
	int events;
	watch_fn fn;
	void *arg;
};

static uv_loop_t the_loop;
static bool the_loop_is_up;

uv_loop_t *
loop(void)
{
	if (!the_loop_is_up) {
		uv_loop_init(&the_loop);
		the_loop_is_up = true;
	}
	return &the_loop;
}

double
loop_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

void
loop_turn(bool poll)
{
	uv_run(loop(), poll ? UV_RUN_NOWAIT : UV_RUN_ONCE);
}

static void
close_any(uv_handle_t *h, void *arg)
{
	(void)arg;
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

void
loop_fini(void)
{
	if (!the_loop_is_up)
		return;
	/* first let pending closes free their memory */
	while (uv_run(&the_loop, UV_RUN_NOWAIT) != 0 && uv_loop_alive(&the_loop) == 0)
		;
	uv_walk(&the_loop, close_any, NULL);
	while (uv_run(&the_loop, UV_RUN_NOWAIT) != 0)
		;
	uv_loop_close(&the_loop);
	the_loop_is_up = false;
}

static void
handle_free(uv_handle_t *h)
{
	free(h->data);
}

static void
timer_fired(uv_timer_t *uv)
{
	struct timer *t = uv->data;

	timer_stop(t->out);
	t->fn(t->arg);
}

void
timer_start(struct timer **out, double seconds, timer_fn fn, void *arg)
{
	struct timer *t = xcalloc(1, sizeof(*t));

	*out = t;
	t->out = out;
	t->fn = fn;
	t->arg = arg;
	uv_timer_init(loop(), &t->uv);
	t->uv.data = t;
	/* libuv counts from the loop's cached time, which may be old by now */
	uv_update_time(loop());
	uv_timer_start(&t->uv, timer_fired, seconds > 0 ? (uint64_t)(seconds * 1e3 + 0.999) : 0, 0);
}

void
timer_stop(struct timer **t)
{
	if (*t == NULL)
		return;
	uv_timer_stop(&(*t)->uv);
	uv_close((uv_handle_t *)&(*t)->uv, handle_free);
	*t = NULL;
}

static void
watch_fired(uv_poll_t *uv, int status, int events)
{
	struct watch *w = uv->data;

	/* libuv stops the watch at an error. Bytes that came before the error are still there: fn
	 * reads them first, in as many turns as it needs, and then read() or write() fails. */
	if (status < 0) {
		events = w->events;
		watch_set(w, events);
	}
	w->fn(w->arg, events);
}

int
watch_start(struct watch **out, int fd, int events, watch_fn fn, void *arg)
{
	struct watch *w = xcalloc(1, sizeof(*w));
	int rc = uv_poll_init(loop(), &w->uv, fd);

	if (rc < 0) {
		free(w);
		return rc;
	}
	w->fn = fn;
	w->arg = arg;
	w->uv.data = w;
	watch_set(w, events);
	*out = w;
	return 0;
}

int
watch_start_shared(struct watch **out, int fd, int events, watch_fn fn, void *arg)
{
	int flags = fcntl(fd, F_GETFL);
	int rc = watch_start(out, fd, events, fn, arg);

	/* libuv has made it non-blocking */
	if (rc == 0)
		fcntl(fd, F_SETFL, flags);
	return rc;
}

void
watch_set(struct watch *w, int events)
{
	w->events = events;
	if (events == 0)
		uv_poll_stop(&w->uv);
	else
		uv_poll_start(&w->uv, events, watch_fired);
}

void
watch_stop(struct watch **w)
{
	if (*w == NULL)
		return;
	uv_poll_stop(&(*w)->uv);
	uv_close((uv_handle_t *)&(*w)->uv, handle_free);
	*w = NULL;
}
