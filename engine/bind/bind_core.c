/* bind_core: tasks, time, scopes and the record. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bind/bind.h"
#include "core/error.h"
#include "core/log.h"
#include "fs/appear.h"
#include "guard/guard.h"
#include "guard/journal.h"

#ifndef MOONRIG_VERSION
#define MOONRIG_VERSION "0"
#endif

/* ---- tasks ---- */

struct task_handle {
	struct task *task;
	int self;    /* registry reference while the task runs: it writes to us */
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
	h = lua_newuserdata(L, sizeof(*h));
	h->task = NULL;
	h->outcome = LUA_NOREF;
	luaL_getmetatable(L, task_kind);
	lua_setmetatable(L, -2);
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
	struct task_handle *h;
	int ref = (int)(intptr_t)arg;

	lua_rawgeti(L, LUA_REGISTRYINDEX, ref);
	luaL_unref(L, LUA_REGISTRYINDEX, ref);
	h = lua_touserdata(L, -1);
	if (status < 0)
		return bind_fail(L, status, "task.join",
				 status == -ETIMEDOUT ? "the task did not end in time" : NULL,
				 NULL);
	lua_rawgeti(L, LUA_REGISTRYINDEX, h->outcome);
	return 1;
}

/* task:join(seconds) → { ok, result or error, traceback } */
static int
l_task_join(lua_State *L)
{
	struct task_handle *h = check_task(L);
	double seconds = bind_seconds(L, 2, 60);
	struct wait *w;
	int ref;

	task_check(L);
	/* parked, we have no stack that would keep the handle */
	lua_pushvalue(L, 1);
	ref = luaL_ref(L, LUA_REGISTRYINDEX);
	w = task_wait(L, push_join, (void *)(intptr_t)ref);
	if (task_join(h->task, w, seconds) < 0) {
		luaL_unref(L, LUA_REGISTRYINDEX, ref);
		return luaL_error(L, "a task cannot wait for itself");
	}
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
	lua_pushboolean(L, task_is_done(check_task(L)->task));
	return 1;
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

/* ---- time ---- */

/* time() → seconds since 1970, with a fraction: for others' clocks; deadlines are by now() */
static int
l_time(lua_State *L)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	lua_pushnumber(L, (lua_Number)t.tv_sec + (lua_Number)t.tv_nsec * 1e-9);
	return 1;
}

static int
l_now(lua_State *L)
{
	lua_pushnumber(L, loop_now());
	return 1;
}

static int
push_nothing(lua_State *L, void *arg, int status)
{
	(void)arg;
	/* here the deadline is what was waited for */
	if (status == 0 || status == -ETIMEDOUT) {
		lua_pushboolean(L, 1);
		return 1;
	}
	return bind_fail(L, status, "elapse", NULL, NULL);
}

/* elapse(seconds): let time pass, where time itself is what a scenario asks for
 * (traffic for 3 s, the interval between two looks). */
static int
l_elapse(lua_State *L)
{
	double seconds = bind_seconds(L, 1, 0);
	struct wait *w = task_wait(L, push_nothing, NULL);

	wait_arm(w, seconds, NULL, NULL);
	return task_park(L);
}

static int
push_appeared(lua_State *L, void *arg, int status)
{
	(void)arg;
	if (status < 0)
		return bind_fail(L, status, "await_path",
				 status == -ETIMEDOUT ? "the file did not appear in time" : NULL,
				 NULL);
	lua_pushboolean(L, 1);
	return 1;
}

/* await_path(path, seconds): until it exists */
static int
l_await_path(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	double seconds = bind_seconds(L, 2, 10);
	struct wait *w = task_wait(L, push_appeared, NULL);
	int rc = appear_await(path, seconds, w);

	if (rc < 0)
		return bind_fail(L, rc, "await_path", NULL, NULL);
	return task_park(L);
}

/* poll_once(deadline) → "interrupted" where the running task is to end, "late" where it is later
 * than that (on now()'s clock; no deadline: never), nil. Turns the loop once, without waiting: for
 * a hook, where Lua computes and never waits, so that signals and deadlines are heard. */
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

/* is_cancelled() → was the running task called off? It may not wait then, before clear_cancel(). */
static int
l_is_cancelled(lua_State *L)
{
	lua_pushboolean(L, task_is_cancelled());
	return 1;
}

/* ---- scopes ---- */

/* open_resources() → array of { kind, name, detached }, newest first */
static int
l_open_resources(lua_State *L)
{
	int n = 0;

	lua_newtable(L);
	for (struct res *r = scope_newest(scope_root()); r != NULL; r = r->older) {
		/* what is on its way out is not left open */
		if (r->state != RES_OPEN)
			continue;
		lua_createtable(L, 0, 3);
		lua_pushstring(L, r->ops->kind);
		lua_setfield(L, -2, "kind");
		lua_pushstring(L, r->name);
		lua_setfield(L, -2, "name");
		lua_pushboolean(L, r->detached);
		lua_setfield(L, -2, "detached");
		lua_rawseti(L, -2, ++n);
	}
	return 1;
}

static int
push_closed(lua_State *L, void *arg, int status)
{
	struct res *root = arg;

	if (status == -ETIMEDOUT)
		res_harden(root);
	res_drop(root);
	if (status < 0)
		return bind_fail(L, status, "close",
				 status == -ETIMEDOUT ? "not all had ended in time" : NULL, NULL);
	lua_pushboolean(L, 1);
	return 1;
}

/* close_all(seconds): end everything that is open, newest first; what has not
 * ended by then, the hard way. */
static int
l_close_all(lua_State *L)
{
	double seconds = bind_seconds(L, 1, 60);
	struct res *r = scope_res(scope_root());
	struct wait *w = task_wait(L, push_closed, r);

	res_hold(r);
	res_await(r, w, seconds);
	res_close(r);
	return task_park(L);
}

/* Sockets live there, and their paths have 107 bytes: a long $TMPDIR is none. */
#define SCRATCH_MAX 64

/* scratch() → a private folder with a short path, gone when we are. */
static int
l_scratch(lua_State *L)
{
	const char *base = getenv("TMPDIR");
	char path[SCRATCH_MAX + 32];

	if (base == NULL || base[0] != '/' || strlen(base) > SCRATCH_MAX)
		base = "/tmp";
	snprintf(path, sizeof(path), "%s/moonrig-XXXXXX", base);
	if (mkdtemp(path) == NULL) {
		lua_pushfstring(L, "%s: %s", path, strerror(errno));
		return bind_fail(L, -errno, "scratch", lua_tostring(L, -1), NULL);
	}
	guard_tree(path);
	lua_pushstring(L, path);
	return 1;
}

/* guard(folder): from here on a parent process undoes what we leave; a journal in
 * `folder` is for a later sweep(folder), should that process be killed, too. */
static int
l_guard(lua_State *L)
{
	static const int kept[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD };
	const char *folder = luaL_optstring(L, 1, NULL);
	sigset_t held, old;
	int rc;

	/* What libuv has caught and not told is lost in a fork, and its handle then never
	 * closes: it is told now, and what comes from here on is the kernel's to keep. */
	sigemptyset(&held);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		sigaddset(&held, kept[i]);
	sigprocmask(SIG_BLOCK, &held, &old);
	loop_turn(true);
	rc = guard_start(folder);
	/* only what is open in the loop of the child goes on */
	if (rc == 0)
		uv_loop_fork(loop());
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (rc < 0)
		return bind_fail(L, rc, "guard", NULL, NULL);
	lua_pushboolean(L, 1);
	return 1;
}

/* sweep(folder) → how many killed runs' leavings were undone */
static int
l_sweep(lua_State *L)
{
	lua_pushinteger(L, journal_sweep(luaL_checkstring(L, 1)));
	return 1;
}

/* ---- the record ---- */

/* record(dir, timeline, origin, who, folder) */
static int
l_record(lua_State *L)
{
	int rc = log_open(luaL_checkstring(L, 1), luaL_checkstring(L, 2), luaL_checknumber(L, 3),
			  luaL_optstring(L, 4, NULL), luaL_optstring(L, 5, NULL));

	if (rc < 0)
		return bind_fail(L, rc, "record", NULL, NULL);
	lua_pushboolean(L, 1);
	return 1;
}

/* log(event, fields) */
static int
l_log(lua_State *L)
{
	const char *event = luaL_checkstring(L, 1);
	json_t *fields = NULL;

	if (!lua_isnoneornil(L, 2)) {
		luaL_checktype(L, 2, LUA_TTABLE);
		fields = bind_to_json(L, 2);
		if (fields == NULL)
			return luaL_error(L, "log: %s", lua_tostring(L, -1));
	}
	log_event(event, fields);
	return 0;
}

/* on_near(fn): fn(name, names) → the nearest of them, for "did you mean". */
static int
l_on_near(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TFUNCTION);
	lua_pushvalue(L, 1);
	lua_setfield(L, LUA_REGISTRYINDEX, "moonrig.near");
	return 0;
}

static int
l_fail(lua_State *L)
{
	/* fail{ code=, op=, what=, tail= } → an error object, for lib/ to raise */
	luaL_checktype(L, 1, LUA_TTABLE);
	error_push_class(L);
	lua_setmetatable(L, 1);
	lua_settop(L, 1);
	return 1;
}

/* first_error() → what could not be undone or recorded, the first of it; nil */
static int
l_first_error(lua_State *L)
{
	lua_pushstring(L, scope_first_error());
	return 1;
}

static const struct bind_row core[] = {
	{ "task", l_task, BIND_ACT | BIND_FIRST(0) },
	{ "now", l_now, BIND_READ },
	{ "time", l_time, BIND_READ },
	{ "elapse", l_elapse, BIND_WAIT },
	{ "await_path", l_await_path, BIND_WAIT | BIND_FIRST(1) },
	{ "poll_once", l_poll_once, BIND_RARE | BIND_FIRST(0) },
	{ "is_cancelled", l_is_cancelled, BIND_RARE },
	{ "open_resources", l_open_resources, BIND_READ },
	{ "close_all", l_close_all, BIND_WAIT | BIND_FIRST(0) },
	{ "scratch", l_scratch, BIND_READ },
	{ "guard", l_guard, BIND_IDLE },
	{ "sweep", l_sweep, BIND_IDLE },
	{ "record", l_record, BIND_IDLE },
	{ "log", l_log, BIND_IDLE },
	{ "on_near", l_on_near, BIND_SAME },
	{ "error", l_fail, BIND_SAME },
	{ "first_error", l_first_error, BIND_READ },
	{ NULL, NULL, 0 },
};

static const struct bind_row task_methods[] = {
	{ "join", l_task_join, BIND_WAIT | BIND_FIRST(0) },
	{ "cancel", l_task_cancel, BIND_IDLE },
	{ "is_done", l_task_is_done, BIND_IDLE },
	{ NULL, NULL, 0 },
};

void
bind_core(lua_State *L)
{
	bind_rows(L, "engine", core, BIND_FUNCTIONS);
	lua_pushliteral(L, MOONRIG_VERSION);
	lua_setfield(L, -2, "version");
	bind_class(L, task_kind, task_methods, l_task_gc);
}
