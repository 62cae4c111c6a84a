/* bind_task: tasks, the events by which one wakes another, and time. */
#include <errno.h>
#include <math.h>

#include "bind/bind.h"
#include "fs/appear.h"

/* ---- tasks ---- */

struct task_handle {
	struct task *task;
	int self;    /* registry reference while the task runs, and writes to this */
	int outcome; /* registry reference: { ok, result or error, traceback } */
};

static const char task_kind[] = "task";

static void
task_ended(void *arg, lua_State *co, bool ok, int nresults)
{
	struct task_handle *h = arg;

	lua_checkstack(co, 8);
	lua_createtable(co, 3, 0);
	lua_pushboolean(co, ok);
	lua_rawseti(co, -2, 1);
	if (nresults > 0) {
		lua_pushvalue(co, ok ? 1 : -2);
		lua_rawseti(co, -2, 2);
	}
	if (!ok) {
		luaL_traceback(co, co, NULL, 0);
		lua_rawseti(co, -2, 3);
	}
	h->outcome = luaL_ref(co, LUA_REGISTRYINDEX);
	luaL_unref(co, LUA_REGISTRYINDEX, h->self);
}

/* task(fn, ...) → a task that runs side by side with this one. */
static int
l_task(lua_State *L)
{
	struct task_handle *h;
	int nargs = lua_gettop(L) - 1;

	luaL_checktype(L, 1, LUA_TFUNCTION);
	h = bind_new(L, task_kind, sizeof(*h));
	h->outcome = LUA_NOREF;
	lua_pushvalue(L, -1);
	h->self = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_insert(L, 1);
	h->task = task_start(L, nargs, task_ended, h);
	task_hold(h->task);
	return 1;
}

static struct task_handle *
check_task(lua_State *L)
{
	return luaL_checkudata(L, 1, task_kind);
}

static int
push_join(lua_State *L, void *arg, int status)
{
	struct task_handle *h = arg;

	if (status < 0)
		return bind_answer(L, status, "task.join", "the task did not end in time");
	lua_rawgeti(L, LUA_REGISTRYINDEX, h->outcome);
	return 1;
}

/* task:join(seconds) → { ok, result or error, traceback } */
static int
l_task_join(lua_State *L)
{
	struct task_handle *h = check_task(L);

	if (task_join(h->task, task_wait(L, push_join, h), bind_seconds(L, 2, 60)) < 0)
		return luaL_error(L, "a task cannot wait for itself");
	return task_park(L);
}

static int
l_task_cancel(lua_State *L)
{
	task_cancel(check_task(L)->task);
	return 0;
}

static int
l_task_is_done(lua_State *L)
{
	return bind_bool(L, task_is_done(check_task(L)->task));
}

static int
l_task_gc(lua_State *L)
{
	struct task_handle *h = check_task(L);

	if (h->task != NULL)
		task_drop(h->task);
	luaL_unref(L, LUA_REGISTRYINDEX, h->outcome);
	h->task = NULL;
	return 0;
}

/* is_cancelled() → was the running task cancelled? It may not wait then, before clear_cancel(). */
static int
l_is_cancelled(lua_State *L)
{
	return bind_bool(L, task_is_cancelled());
}

/* clear_cancel(): an interrupted task tidies up, and may wait again. */
static int
l_clear_cancel(lua_State *L)
{
	task_clear_cancel(task_here(L));
	return 0;
}

/* ---- events ---- */

struct event {
	struct wait *wait;
	bool is_set;
};

static const char event_kind[] = "event";

static void
event_forget(void *owner, struct wait *w)
{
	(void)w;
	((struct event *)owner)->wait = NULL;
}

static int
push_set(lua_State *L, void *arg, int status)
{
	(void)arg;
	return bind_answer(L, status, "event", "it was not set in time");
}

/* event:wait(seconds): until it is set; one that was set since the last wait ends it at once */
static int
l_event_wait(lua_State *L)
{
	struct event *e = luaL_checkudata(L, 1, event_kind);
	double seconds = bind_seconds(L, 2, 10);
	struct wait *w;

	if (e->wait != NULL)
		return luaL_error(L, "another task waits for this event already");
	w = task_wait(L, push_set, NULL);
	wait_arm(w, seconds, event_forget, e);
	if (e->is_set)
		wait_end(w, 0);
	else
		e->wait = w;
	e->is_set = false;
	return task_park(L);
}

/* event:set(): wakes the task that waits for it, or the next one that will */
static int
l_event_set(lua_State *L)
{
	struct event *e = luaL_checkudata(L, 1, event_kind);
	struct wait *w = e->wait;

	e->wait = NULL;
	e->is_set = w == NULL;
	if (w != NULL)
		wait_end(w, 0);
	return 0;
}

/* event() → a new one */
static int
l_event(lua_State *L)
{
	bind_new(L, event_kind, sizeof(struct event));
	return 1;
}

/* ---- time ---- */

/* time() → seconds since 1970, with a fraction: for clocks of others; deadlines use now() */
static int
l_time(lua_State *L)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return bind_number(L, t.tv_sec + (lua_Number)t.tv_nsec * 1e-9);
}

static int
l_now(lua_State *L)
{
	return bind_number(L, loop_now());
}

/* stopped() → the seconds for which this process was stopped (Ctrl-Z), of which now() has none;
 * stopped(seconds): as many as another's, so that both have one clock */
static int
l_stopped(lua_State *L)
{
	if (!lua_isnoneornil(L, 1))
		loop_set_stopped(luaL_checknumber(L, 1));
	return bind_number(L, loop_stopped());
}

static int
push_nothing(lua_State *L, void *arg, int status)
{
	(void)arg;
	/* here the deadline is what was waited for */
	return bind_answer(L, status == -ETIMEDOUT ? 0 : status, "elapse", NULL);
}

/* elapse(seconds): let time pass, where time itself is what a scenario asks for
 * (traffic for 3 s, the interval between two looks). */
static int
l_elapse(lua_State *L)
{
	wait_arm(task_wait(L, push_nothing, NULL), bind_seconds(L, 1, 0), NULL, NULL);
	return task_park(L);
}

static int
push_appeared(lua_State *L, void *arg, int status)
{
	(void)arg;
	return bind_answer(L, status, "await_path", "the file did not appear in time");
}

/* await_path(path, seconds): until it exists */
static int
l_await_path(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	int rc = appear_await(path, bind_seconds(L, 2, 10), task_wait(L, push_appeared, NULL));

	if (rc < 0)
		return bind_fail(L, rc, "await_path", NULL, NULL);
	return task_park(L);
}

/* poll_once(deadline) → "interrupted" where the running task is to end, "late" after the deadline
 * (on now()'s clock; nil: none), nil. Turns the loop once, without waiting. A hook calls it while
 * Lua computes, so that signals and deadlines are handled. */
static int
l_poll_once(lua_State *L)
{
	double deadline = luaL_optnumber(L, 1, HUGE_VAL);

	loop_turn(true);
	if (task_is_cancelled())
		lua_pushliteral(L, "interrupted");
	else if (loop_now() >= deadline)
		lua_pushliteral(L, "late");
	else
		lua_pushnil(L);
	return 1;
}

static const struct bind_row functions[] = {
	{ "task", l_task, BIND_ACT | BIND_FIRST(0) },
	{ "event", l_event, BIND_IDLE },
	{ "now", l_now, BIND_READ },
	{ "time", l_time, BIND_READ },
	{ "stopped", l_stopped, BIND_SAME },
	{ "elapse", l_elapse, BIND_WAIT },
	{ "await_path", l_await_path, BIND_WAIT | BIND_FIRST(1) },
	{ "poll_once", l_poll_once, BIND_RARE | BIND_FIRST(0) },
	{ "is_cancelled", l_is_cancelled, BIND_RARE },
	{ "clear_cancel", l_clear_cancel, BIND_IDLE },
	{ NULL, NULL, 0 },
};

static const struct bind_row task_methods[] = {
	{ "join", l_task_join, BIND_WAIT | BIND_FIRST(0) },
	{ "cancel", l_task_cancel, BIND_IDLE },
	{ "is_done", l_task_is_done, BIND_IDLE },
	{ NULL, NULL, 0 },
};

static const struct bind_row event_methods[] = {
	{ "wait", l_event_wait, BIND_PERSON },
	{ "set", l_event_set, BIND_IDLE },
	{ NULL, NULL, 0 },
};

static const struct bind_kind tasks = { .name = task_kind,
					.methods = task_methods,
					.gc = l_task_gc };
static const struct bind_kind events = { .name = event_kind,
					 .methods = event_methods,
					 .is_plain = true };

const struct bind_file bind_task = { .functions = functions, .kinds = { &tasks, &events } };
