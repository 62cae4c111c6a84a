/* loop: the one libuv loop of this process, its clock, timers, and watches of fds and folders. */
#include "core/loop.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/queue.h>
#include <time.h>

#include "core/buf.h"
#include "core/limits.h"

/* Each begins with its libuv handle. */
struct timer {
	uv_timer_t uv;
	LIST_ENTRY(timer) next;
	double due; /* on CLOCK_MONOTONIC */
	int late;   /* how often it was put off since it was set */
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

struct folder {
	uv_fs_event_t uv;
	folder_fn fn;
	void *arg;
};

/* So often the loop turns at least, so that a stop's begin is known. */
#define HEARTBEAT_SECONDS 1.0
/* A SIGCONT after no longer a time may be one of no stop: anyone may send it. */
#define CONT_SECONDS (HEARTBEAT_SECONDS + 0.1)
/* After a longer time without a turn there may have been a stop: its SIGCONT is handled first. */
#define GAP_SECONDS 2.0
/* So often a timer is put off for that. Lua may block again and again, which is no stop. */
#define LATE_MAX 2

static uv_loop_t the_loop;
static bool the_loop_is_up;
static LIST_HEAD(timer_list, timer) timers = LIST_HEAD_INITIALIZER(timers);

static struct {
	bool watched;
	double seconds; /* in all */
	double alive;   /* when the loop last turned */
	bool suspected; /* in the turn before */
	uv_timer_t heartbeat;
	uv_signal_t cont;
} stops;

uv_loop_t *
loop(void)
{
	int rc;

	if (the_loop_is_up)
		return &the_loop;
	rc = uv_loop_init(&the_loop);
	if (rc < 0)
		limits_end(xsprintf("the event loop cannot start: %s", uv_strerror(rc)));
	the_loop_is_up = true;
	return &the_loop;
}

static double
monotonic(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

double
loop_now(void)
{
	return monotonic() - stops.seconds;
}

/* ---- stops ---- */

static bool
stop_is_possible(void)
{
	return stops.watched && monotonic() - stops.alive > GAP_SECONDS;
}

void
loop_turn(bool poll)
{
	uv_run(loop(), poll ? UV_RUN_NOWAIT : UV_RUN_ONCE);
	/* a SIGCONT is handled in the next turn at the latest */
	stops.suspected = stop_is_possible() && !stops.suspected;
	if (!stops.suspected)
		stops.alive = monotonic();
}

static void timer_set(struct timer *t);

static void
on_continued(uv_signal_t *uv, int sig)
{
	double gap = monotonic() - stops.alive;
	struct timer *t;

	(void)uv;
	(void)sig;
	if (gap <= CONT_SECONDS)
		return;
	stops.alive += gap;
	stops.seconds += gap;
	LIST_FOREACH(t, &timers, next) {
		t->due += gap;
		timer_set(t);
	}
}

static void
on_heartbeat(uv_timer_t *uv)
{
	(void)uv;
}

void
loop_watch_stops(void)
{
	uint64_t ms = (uint64_t)(HEARTBEAT_SECONDS * 1e3);

	stops.watched = true;
	stops.alive = monotonic();
	uv_timer_init(loop(), &stops.heartbeat);
	uv_timer_start(&stops.heartbeat, on_heartbeat, ms, ms);
	uv_unref((uv_handle_t *)&stops.heartbeat);
	uv_signal_init(loop(), &stops.cont);
	uv_signal_start(&stops.cont, on_continued, SIGCONT);
	uv_unref((uv_handle_t *)&stops.cont);
}

double
loop_stopped(void)
{
	return stops.seconds;
}

void
loop_set_stopped(double seconds)
{
	stops.seconds = seconds;
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
	LIST_INIT(&timers);
	while (uv_run(&the_loop, UV_RUN_NOWAIT) != 0)
		;
	uv_loop_close(&the_loop);
	the_loop_is_up = false;
	stops.watched = false;
}

static void
handle_free(uv_handle_t *h)
{
	free(h);
}

static void
timer_fired(uv_timer_t *uv)
{
	struct timer *t = (struct timer *)uv;

	if (t->late < LATE_MAX && stop_is_possible()) {
		t->late++;
		uv_timer_start(uv, timer_fired, 1, 0);
		return;
	}
	timer_stop(t->out);
	t->fn(t->arg);
}

static void
timer_set(struct timer *t)
{
	double left = t->due - monotonic();

	t->late = 0;
	/* libuv counts from the loop's cached time, which may be old by now */
	uv_update_time(loop());
	uv_timer_start(&t->uv, timer_fired, left > 0 ? (uint64_t)(left * 1e3 + 0.999) : 0, 0);
}

void
timer_start(struct timer **out, double seconds, timer_fn fn, void *arg)
{
	struct timer *t = xcalloc(1, sizeof(*t));

	*out = t;
	t->out = out;
	t->fn = fn;
	t->arg = arg;
	t->due = monotonic() + seconds;
	uv_timer_init(loop(), &t->uv);
	LIST_INSERT_HEAD(&timers, t, next);
	timer_set(t);
}

void
timer_stop(struct timer **t)
{
	if (*t != NULL) {
		LIST_REMOVE(*t, next);
		uv_close((uv_handle_t *)*t, handle_free);
	}
	*t = NULL;
}

static void
watch_fired(uv_poll_t *uv, int status, int events)
{
	struct watch *w = (struct watch *)uv;

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
	if (*w != NULL)
		uv_close((uv_handle_t *)*w, handle_free);
	*w = NULL;
}

static void
folder_event(uv_fs_event_t *uv, const char *name, int events, int status)
{
	struct folder *f = (struct folder *)uv;

	(void)name;
	(void)events;
	(void)status;
	f->fn(f->arg);
}

int
folder_start(struct folder **out, const char *path, folder_fn fn, void *arg)
{
	struct folder *f = xcalloc(1, sizeof(*f));
	int rc;

	*out = f;
	f->fn = fn;
	f->arg = arg;
	uv_fs_event_init(loop(), &f->uv);
	rc = uv_fs_event_start(&f->uv, folder_event, path, 0);
	if (rc < 0)
		folder_stop(out);
	return rc;
}

void
folder_stop(struct folder **f)
{
	if (*f != NULL)
		uv_close((uv_handle_t *)*f, handle_free);
	*f = NULL;
}
