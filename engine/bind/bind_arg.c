/* bind_arg: arguments of bindings: numbers in their range, lists, and what was given, in words. */
#include <math.h>

#include "bind/bind.h"

#define GIVEN_MAX 60

/* A string is cut where it is long, and shows no control characters. */
static const char *
given_string(lua_State *L, int index)
{
	size_t len, n;
	const char *s = lua_tolstring(L, index, &len);
	char text[GIVEN_MAX + 1];

	n = len < GIVEN_MAX ? len : GIVEN_MAX;
	for (size_t i = 0; i < n; i++)
		text[i] = (char)((unsigned char)s[i] < ' ' ? '?' : s[i]);
	text[n] = '\0';
	return lua_pushfstring(L, "a string (\"%s\"%s)", text, n < len ? "..." : "");
}

const char *
bind_given(lua_State *L, int index)
{
	switch (lua_type(L, index)) {
	case LUA_TNONE:
	case LUA_TNIL:
		return "nothing";
	case LUA_TBOOLEAN:
		return lua_toboolean(L, index) ? "true" : "false";
	case LUA_TNUMBER:
		return lua_pushfstring(L, "a number (%f)", lua_tonumber(L, index));
	case LUA_TSTRING:
		return given_string(L, index);
	default:
		return lua_pushfstring(L, "a %s", luaL_typename(L, index));
	}
}

/* ---- numbers ---- */

bool
bind_is_whole(lua_State *L, int index, double min, double max)
{
	double v = lua_type(L, index) == LUA_TNUMBER ? lua_tonumber(L, index) : NAN;

	return v >= min && v <= max && floor(v) == v;
}

int64_t
bind_whole(lua_State *L, int index, const char *name, double min, double max)
{
	if (!bind_is_whole(L, index, min, max))
		luaL_error(L, "%s: expected a whole number, %f to %f, got %s", name, min, max,
			   bind_given(L, index));
	return (int64_t)lua_tonumber(L, index);
}

int64_t
bind_opt_whole(lua_State *L, int index, const char *name, int64_t otherwise, double min, double max)
{
	return lua_isnoneornil(L, index) ? otherwise : bind_whole(L, index, name, min, max);
}

bool
bind_is_seconds(lua_State *L, int index)
{
	double s = lua_type(L, index) == LUA_TNUMBER ? lua_tonumber(L, index) : -1;

	return s >= 0 && s <= 1e6;
}

double
bind_seconds(lua_State *L, int index, double otherwise)
{
	if (lua_isnoneornil(L, index))
		return otherwise;
	if (!bind_is_seconds(L, index))
		luaL_error(L, "expected " BIND_SECONDS_WORDS ", got %s", bind_given(L, index));
	return lua_tonumber(L, index);
}

/* ---- lists ---- */

bool
bind_is_list(lua_State *L, int index)
{
	bool ok = lua_istable(L, index);

	lua_pushvalue(L, index);
	for (size_t i = 1, n = ok ? lua_objlen(L, -1) : 0; ok && i <= n; i++) {
		lua_rawgeti(L, -1, (int)i);
		ok = lua_isstring(L, -1);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	return ok;
}

void
bind_check_list(lua_State *L, int index, const char *what)
{
	if (!bind_is_list(L, index))
		luaL_error(L, "%s: expected an array of strings, got %s", what,
			   bind_given(L, index));
}

static int
l_argv_gc(lua_State *L)
{
	argv_free(lua_touserdata(L, 1));
	return 0;
}

struct argv *
bind_argv(lua_State *L)
{
	struct argv *out = memset(lua_newuserdata(L, sizeof(*out)), 0, sizeof(*out));

	if (luaL_newmetatable(L, "moonrig.argv")) {
		lua_pushcfunction(L, l_argv_gc);
		lua_setfield(L, -2, "__gc");
	}
	lua_setmetatable(L, -2);
	return out;
}

struct argv *
bind_list(lua_State *L, int index, const char *what)
{
	struct argv *out;

	bind_check_list(L, index, what);
	out = bind_argv(L);
	for (size_t i = 1, n = lua_objlen(L, index); i <= n; i++) {
		lua_rawgeti(L, index, (int)i);
		argv_add(out, lua_tostring(L, -1));
		lua_pop(L, 1);
	}
	return out;
}
