/* bind_attach: sockets that terminals attach by, what consoles print meanwhile, events. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#include "bind/bind.h"
#include "chan/listen.h"
#include "console/console.h"

/* ---- listeners ---- */

static void
push_private(lua_State *L, struct chan *chan, const char *name)
{
	struct console_end end = { .is_private = true };

	bind_push(L, &bind_console_kind, console_res(console_open(scope_root(), name, chan, &end)));
}

static int
push_accepted(lua_State *L, void *arg, int status)
{
	struct listener *l = arg;
	struct chan *chan = status == 0 ? listener_take(l) : NULL;
	int n = 1;

	if (chan != NULL)
		push_private(L, chan, "terminal");
	else
		n = bind_fail(L, status < 0 ? status : -ECONNABORTED, "accept",
			      status == -ETIMEDOUT ? "nobody connected in time" : NULL, NULL);
	res_drop(listener_res(l));
	return n;
}

static const struct bind_kind listener_kind;

/* listener:accept(seconds) → a console on a connection of the same user's */
static int
l_listener_accept(lua_State *L)
{
	struct listener *l = bind_open(L, 1, &listener_kind);
	double seconds = bind_seconds(L, 2, 10);
	struct wait *w = task_wait(L, push_accepted, l);

	if (listener_await(l, seconds, w) < 0)
		return luaL_error(L, "another task waits for a connection already");
	res_hold(listener_res(l));
	return task_park(L);
}

/* listener:close(): its socket is gone */
static int
l_listener_close(lua_State *L)
{
	res_close(listener_res(bind_check(L, 1, &listener_kind)));
	return 0;
}

static const struct bind_row listener_methods[] = {
	{ "accept", l_listener_accept, BIND_PERSON },
	{ "close", l_listener_close, BIND_IDLE },
	{ NULL, NULL, 0 },
};

static const struct bind_kind listener_kind = { .name = "listener", .methods = listener_methods };

/* listen(path) → listener */
static int
l_listen(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct listener *l;
	int rc = listener_open(&l, scope_root(), path);

	if (rc < 0) {
		lua_pushfstring(L, "%s: %s", path, strerror(-rc));
		return bind_fail(L, rc, "listen", lua_tostring(L, -1), NULL);
	}
	bind_push(L, &listener_kind, listener_res(l));
	return 1;
}

/* connect(path) → a console on what a listener accepts */
static int
l_connect(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct chan *chan;
	int rc = chan_unix(&chan, path);

	if (rc < 0) {
		lua_pushfstring(L, "%s: %s", path, strerror(-rc));
		return bind_fail(L, rc, "connect", lua_tostring(L, -1), NULL);
	}
	push_private(L, chan, "attach");
	return 1;
}

/* terminal() → this process's terminal, raw, as a console: it ends with Ctrl-] */
static int
l_terminal(lua_State *L)
{
	struct chan *chan;
	int rc = chan_terminal(&chan);

	if (rc < 0)
		return bind_fail(L, rc, "terminal", rc == -ENOTTY ? "stdin is no terminal" : NULL,
				 NULL);
	push_private(L, chan, "terminal");
	return 1;
}

/* ---- chatter ---- */

static int
push_chatter(lua_State *L, void *arg, int status)
{
	struct console *c = NULL;
	struct buf said = { 0 };
	int n = 0;

	(void)arg;
	if (status < 0 && status != -ETIMEDOUT)
		return bind_fail(L, status, "chatter", NULL, NULL);
	lua_newtable(L);
	while ((c = chatter_next(c, &said)) != NULL) {
		lua_createtable(L, 0, 2);
		lua_pushstring(L, console_res(c)->name);
		lua_setfield(L, -2, "name");
		lua_pushlstring(L, said.data, said.len);
		lua_setfield(L, -2, "text");
		lua_rawseti(L, -2, ++n);
		buf_free(&said);
	}
	return 1;
}

/* consoles() → all that there are, the oldest first, also those that have ended and are still held
 */
static int
l_consoles(lua_State *L)
{
	int n = 0;

	for (struct console *c = console_older(NULL); c != NULL; c = console_older(c))
		n++;
	lua_createtable(L, n, 0);
	for (struct console *c = console_older(NULL); c != NULL; c = console_older(c)) {
		bind_push(L, &bind_console_kind, console_res(c));
		lua_rawseti(L, -2, n--);
	}
	return 1;
}

/* chatter(seconds) → array of { name, text }: the whole lines that consoles said since the last
 * call (from the first on) and that answer no command; waits for the first of them, empty at the
 * deadline */
static int
l_chatter(lua_State *L)
{
	double seconds = bind_seconds(L, 1, 10);
	struct wait *w = task_wait(L, push_chatter, NULL);

	if (chatter_await(seconds, w) < 0)
		return luaL_error(L, "another task listens to the consoles already");
	return task_park(L);
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
	int ref = (int)(intptr_t)arg;

	luaL_unref(L, LUA_REGISTRYINDEX, ref);
	if (status < 0)
		return bind_fail(L, status, "event",
				 status == -ETIMEDOUT ? "it was not set in time" : NULL, NULL);
	lua_pushboolean(L, 1);
	return 1;
}

/* event:wait(seconds): until it is set; one that was set since the last wait ends it at once */
static int
l_event_wait(lua_State *L)
{
	struct event *e = luaL_checkudata(L, 1, event_kind);
	double seconds = bind_seconds(L, 2, 10);
	struct wait *w;
	int ref;

	if (e->wait != NULL)
		return luaL_error(L, "another task waits for this event already");
	task_check(L);
	/* parked, we have no stack that would keep it */
	lua_pushvalue(L, 1);
	ref = luaL_ref(L, LUA_REGISTRYINDEX);
	w = task_wait(L, push_set, (void *)(intptr_t)ref);
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

/* event() → an event, by which one task wakes another */
static int
l_event(lua_State *L)
{
	struct event *e = lua_newuserdata(L, sizeof(*e));

	*e = (struct event){ 0 };
	luaL_getmetatable(L, event_kind);
	lua_setmetatable(L, -2);
	return 1;
}

static const struct bind_row event_methods[] = {
	{ "wait", l_event_wait, BIND_PERSON },
	{ "set", l_event_set, BIND_IDLE },
	{ NULL, NULL, 0 },
};

static const struct bind_row functions[] = {
	{ "listen", l_listen, BIND_IDLE },
	{ "connect", l_connect, BIND_IDLE },
	{ "terminal", l_terminal, BIND_IDLE },
	{ "consoles", l_consoles, BIND_IDLE },
	{ "chatter", l_chatter, BIND_PERSON },
	{ "event", l_event, BIND_IDLE },
	{ NULL, NULL, 0 },
};

void
bind_attach(lua_State *L)
{
	bind_rows(L, "engine", functions, BIND_FUNCTIONS);
	bind_kind(L, &listener_kind);
	bind_class(L, event_kind, event_methods, NULL);
}
