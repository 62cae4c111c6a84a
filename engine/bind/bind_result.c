/* bind_result: what bindings return: true and fields of tables, or nil and an error where the world
 * refuses; misuse raises. */
#include <errno.h>

#include "bind/bind.h"
#include "chan/chan.h"
#include "core/error.h"
#include "core/signals.h"

/* ---- fields ---- */

void
bind_set_text(lua_State *L, const char *key, const char *text)
{
	lua_pushstring(L, text);
	lua_setfield(L, -2, key);
}

void
bind_set_number(lua_State *L, const char *key, double number)
{
	lua_pushnumber(L, number);
	lua_setfield(L, -2, key);
}

void
bind_set_bool(lua_State *L, const char *key, bool is)
{
	lua_pushboolean(L, is);
	lua_setfield(L, -2, key);
}

void
bind_set_exit(lua_State *L, const struct chan_exit *e)
{
	if (e->exited)
		bind_set_number(L, "code", e->code);
	if (e->signal > 0)
		bind_set_text(L, "signal", signal_name(e->signal));
}

/* ---- a value, or nil and an error ---- */

int
bind_bool(lua_State *L, bool is)
{
	lua_pushboolean(L, is);
	return 1;
}

int
bind_number(lua_State *L, double number)
{
	lua_pushnumber(L, number);
	return 1;
}

int
bind_text(lua_State *L, const char *text)
{
	lua_pushstring(L, text);
	return 1;
}

int
bind_fail(lua_State *L, int err, const char *op, const char *what, const char *tail)
{
	lua_pushnil(L);
	error_push(L, err, op, what, tail);
	/* a connection that was closed under its waiter is -ECANCELED, too, and cancels no task */
	if (err == -ECANCELED && task_is_cancelled())
		error_mark_cancel(L);
	return 2;
}

int
bind_fail_path(lua_State *L, int err, const char *op, const char *path)
{
	return bind_fail(L, err, op, lua_pushfstring(L, "%s: %s", path, strerror(-err)), NULL);
}

int
bind_answer(lua_State *L, int rc, const char *op, const char *late)
{
	if (rc < 0)
		return bind_fail(L, rc, op, rc == -ETIMEDOUT ? late : NULL, NULL);
	return bind_bool(L, true);
}

/* ---- names that are unknown ---- */

static const char suggest_key[] = "moonrig.suggest";

/* Pushes the nearest of the names in the table on top; false where there is none. */
static bool
push_nearest(lua_State *L, const char *name)
{
	int names = lua_gettop(L);
	bool is_one = false;

	lua_getfield(L, LUA_REGISTRYINDEX, suggest_key);
	lua_pushstring(L, name);
	lua_pushvalue(L, names);
	if (lua_pcall(L, 2, 1, 0) != 0)
		return false;
	for (int i = 1, n = (int)lua_objlen(L, names); i <= n && !is_one; i++) {
		lua_rawgeti(L, names, i);
		is_one = lua_rawequal(L, -1, -2);
		lua_pop(L, 1);
	}
	return is_one;
}

int
bind_unknown(lua_State *L, const char *what, const char *name)
{
	if (push_nearest(L, name))
		return luaL_error(L, "%s \"%s\" (did you mean \"%s\"?)", what, name,
				  lua_tostring(L, -1));
	return luaL_error(L, "%s \"%s\"", what, name);
}

/* set_suggest(fn): fn(name, names) → the nearest of them, for "did you mean" */
static int
l_set_suggest(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TFUNCTION);
	lua_settop(L, 1);
	lua_setfield(L, LUA_REGISTRYINDEX, suggest_key);
	return 0;
}

/* error{ code, op, what, tail } → an error object, for lib/ to raise */
static int
l_error(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	error_push_class(L);
	lua_setmetatable(L, 1);
	lua_settop(L, 1);
	return 1;
}

static const struct bind_row functions[] = {
	{ "set_suggest", l_set_suggest, BIND_SAME },
	{ "error", l_error, BIND_SAME },
	{ NULL, NULL, 0 },
};

const struct bind_file bind_result = { .functions = functions };
