/* bind_attach: consoles on sockets and terminals, and what all consoles print meanwhile. */
#include <errno.h>

#include "bind/bind.h"
#include "chan/listen.h"
#include "console/console.h"

/* ---- listeners ---- */

static int
push_console(lua_State *L, struct chan *chan, const char *name, bool is_private)
{
	struct console_end end = { .is_private = is_private };
	struct scope *s = is_private ? scope_root() : task_scope();

	return bind_push(L, &bind_console_kind, console_res(console_open(s, name, chan, &end)));
}

static int
push_accepted(lua_State *L, void *arg, int status)
{
	struct listener *l = arg;
	struct chan *chan = status == 0 ? listener_take(l) : NULL;

	if (chan == NULL)
		return bind_answer(L, status < 0 ? status : -ECONNABORTED, "accept",
				   "no connection in time");
	return push_console(L, chan, "terminal", true);
}

static const struct bind_kind listener_kind;

/* listener:accept(seconds) → a console on a connection of the same user's */
static int
l_listener_accept(lua_State *L)
{
	struct listener *l = bind_open(L, 1, &listener_kind);

	if (listener_await(l, bind_seconds(L, 2, 10), task_wait(L, push_accepted, l)) < 0)
		return luaL_error(L, "another task waits for a connection already");
	return task_park(L);
}

/* listener:close(): removes its socket */
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

	if (rc < 0)
		return bind_fail_path(L, rc, "listen", path);
	return bind_push(L, &listener_kind, listener_res(l));
}

/* Pushes a console on a socket; nil and an error. */
static int
connect_to(lua_State *L, const char *path, const char *name, bool is_private)
{
	struct chan *chan;
	int rc = chan_unix(&chan, path);

	if (rc < 0)
		return bind_fail_path(L, rc, "connect", path);
	return push_console(L, chan, name, is_private);
}

/* connect(path) → a console on what a listener accepts */
static int
l_connect(lua_State *L)
{
	return connect_to(L, luaL_checkstring(L, 1), "attach", true);
}

/* unix(path, name) → a console on a socket of the case's */
static int
l_unix(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);

	return connect_to(L, path, luaL_checkstring(L, 2), false);
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
	return push_console(L, chan, "terminal", true);
}

/* ---- chatter ---- */

static int
push_chatter(lua_State *L, void *arg, int status)
{
	struct console *c = NULL;
	struct buf text = { 0 };
	int n = 0;

	(void)arg;
	if (status < 0 && status != -ETIMEDOUT)
		return bind_fail(L, status, "chatter", NULL, NULL);
	lua_newtable(L);
	while ((c = chatter_next(c, &text)) != NULL) {
		lua_createtable(L, 0, 2);
		bind_set_text(L, "name", console_res(c)->name);
		lua_pushlstring(L, text.data, text.len);
		lua_setfield(L, -2, "text");
		lua_rawseti(L, -2, ++n);
		buf_free(&text);
	}
	return 1;
}

/* consoles() → all, the oldest first, with those that ended and are still held */
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

/* chatter(seconds) → array of { name, text }: the whole lines that consoles printed since the last
 * call, without replies to commands. Waits for the first of them; empty at the deadline. */
static int
l_chatter(lua_State *L)
{
	if (chatter_await(bind_seconds(L, 1, 10), task_wait(L, push_chatter, NULL)) < 0)
		return luaL_error(L, "another task listens to the consoles already");
	return task_park(L);
}

static const struct bind_row functions[] = {
	{ "listen", l_listen, BIND_IDLE },
	{ "connect", l_connect, BIND_IDLE },
	{ "unix", l_unix, BIND_ACT },
	{ "terminal", l_terminal, BIND_IDLE },
	{ "consoles", l_consoles, BIND_IDLE },
	{ "chatter", l_chatter, BIND_PERSON },
	{ NULL, NULL, 0 },
};

const struct bind_file bind_attach = { .functions = functions, .kinds = { &listener_kind } };
