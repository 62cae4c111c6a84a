/* bind_scope: what is open, and how it ends: scopes and the guard. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "bind/bind.h"
#include "bind/bind_node.h"
#include "guard/guard.h"
#include "guard/journal.h"

/* Adds what is open in a scope, and in those within it, to the array on top. */
static void
add_open(lua_State *L, struct scope *s)
{
	struct scope *inner;
	struct res *r;

	LIST_FOREACH(r, &s->open, older) {
		/* one that is closing is not left open */
		if (r->state != RES_OPEN)
			continue;
		inner = scope_of(r);
		if (inner != NULL) {
			add_open(L, inner);
			continue;
		}
		lua_createtable(L, 0, 3);
		bind_set_text(L, "kind", r->ops->kind);
		bind_set_text(L, "name", r->name);
		bind_set_bool(L, "detached", r->detached);
		lua_rawseti(L, -2, (int)lua_objlen(L, -2) + 1);
	}
}

/* open_resources() → array of { kind, name, detached }, newest first */
static int
l_open_resources(lua_State *L)
{
	lua_newtable(L);
	add_open(L, scope_root());
	return 1;
}

static int
push_closed(lua_State *L, void *arg, int status)
{
	struct res *root = arg;

	if (status == -ETIMEDOUT)
		res_harden(root);
	res_drop(root);
	return bind_answer(L, status, "close", "not all had ended in time");
}

/* ---- scopes of a task ---- */

static const struct bind_kind scope_kind;

/* scope(name) → a scope within the running task's: from here on it owns what the task opens, and
 * the tasks that it starts */
static int
l_scope(lua_State *L)
{
	struct scope *s = scope_new(task_scope(), luaL_checkstring(L, 1));

	task_enter(s);
	return bind_push(L, &scope_kind, &s->res);
}

/* scope:resources() → as open_resources */
static int
l_scope_resources(lua_State *L)
{
	struct scope *s = bind_open(L, 1, &scope_kind);

	lua_newtable(L);
	add_open(L, s);
	return 1;
}

/* scope:leave(): the running task opens in the scope around this one again */
static int
l_scope_leave(lua_State *L)
{
	struct scope *s = bind_check(L, 1, &scope_kind);

	if (s->res.scope != NULL && task_scope() == s)
		task_enter(s->res.scope);
	return 0;
}

/* scope:close(seconds): closes what is open in it, newest first; the hard way after the deadline */
static int
l_scope_close(lua_State *L)
{
	struct res *r = bind_check(L, 1, &scope_kind);
	double seconds = bind_seconds(L, 2, 60);

	res_await(r, task_wait(L, push_closed, r), seconds);
	res_hold(r);
	res_close(r);
	return task_park(L);
}

static const struct bind_row scope_methods[] = {
	{ "resources", l_scope_resources, BIND_READ },
	{ "leave", l_scope_leave, BIND_IDLE },
	{ "close", l_scope_close, BIND_WAIT | BIND_FIRST(0) },
	{ NULL, NULL, 0 },
};

static const struct bind_kind scope_kind = { .name = "scope", .methods = scope_methods };

/* ---- the end of all ---- */

/* close_all(seconds): closes all that is open, newest first; the hard way after the deadline */
static int
l_close_all(lua_State *L)
{
	double seconds = bind_seconds(L, 1, 60);
	struct res *r = &scope_root()->res;

	res_await(r, task_wait(L, push_closed, r), seconds);
	res_hold(r);
	res_close(r);
	return task_park(L);
}

/* Sockets are in it, and their paths have 107 bytes: a longer $TMPDIR is not used. */
#define SCRATCH_MAX 64

static char cores[SCRATCH_MAX + 48];

const char *
bind_cores(void)
{
	return cores[0] != '\0' ? cores : NULL;
}

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
		int err = errno;

		lua_pushfstring(
			L,
			"no folder for files in %s: %s; set TMPDIR to a folder that can be written",
			base, strerror(err));
		return bind_fail(L, -err, "TMPDIR", lua_tostring(L, -1), NULL);
	}
	guard_tree(path);
	snprintf(cores, sizeof(cores), "%s/cores", path);
	return bind_text(L, path);
}

/* guard(folder): from now on a parent process undoes what this one leaves. If that one is killed,
 * too, sweep(folder) undoes it later, by a journal in the folder. */
static int
l_guard(lua_State *L)
{
	static const int blocked[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD };
	const char *folder = luaL_optstring(L, 1, NULL);
	sigset_t held, old;
	int rc;

	/* A signal that libuv caught and did not deliver is lost in a fork, and its handle never
	 * closes then. So the loop delivers them now, and the kernel holds later ones back. */
	sigemptyset(&held);
	for (size_t i = 0; i < sizeof(blocked) / sizeof(blocked[0]); i++)
		sigaddset(&held, blocked[i]);
	sigprocmask(SIG_BLOCK, &held, &old);
	loop_turn(true);
	rc = guard_start(folder);
	/* only what is open in the loop of the child goes on */
	if (rc == 0)
		uv_loop_fork(loop());
	sigprocmask(SIG_SETMASK, &old, NULL);
	return bind_answer(L, rc, "guard", NULL);
}

/* sweep(folder) → of how many killed runs the rest was undone */
static int
l_sweep(lua_State *L)
{
	return bind_number(L, journal_sweep(luaL_checkstring(L, 1)));
}

/* first_error() → the first thing that could not be undone or recorded; nil */
static int
l_first_error(lua_State *L)
{
	return bind_text(L, scope_first_error());
}

static const struct bind_row functions[] = {
	{ "open_resources", l_open_resources, BIND_READ },
	{ "scope", l_scope, BIND_ACT | BIND_FIRST(0) },
	{ "close_all", l_close_all, BIND_WAIT | BIND_FIRST(0) },
	{ "scratch", l_scratch, BIND_READ },
	{ "guard", l_guard, BIND_IDLE },
	{ "sweep", l_sweep, BIND_IDLE },
	{ "first_error", l_first_error, BIND_READ },
	{ NULL, NULL, 0 },
};

const struct bind_file bind_scope = { .functions = functions, .kinds = { &scope_kind } };
