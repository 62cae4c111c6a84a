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

/* ---- variables ---- */

static bool
is_variable(const char *name, size_t len)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

	return len > 0 && strspn(name, letters) >= len && (*name < '0' || *name > '9');
}

static void
check_variable(lua_State *L, const char *what, const char *name, size_t len)
{
	static const char own[] = "MOONRIG_SESSION";

	lua_pushlstring(L, name, len);
	if (!is_variable(name, len))
		luaL_error(
			L,
			"%s: \"%s\" is no variable's name: letters, digits and _, no digit first",
			what, lua_tostring(L, -1));
	/* by it a session's programs are found at its end */
	if (len == sizeof(own) - 1 && memcmp(name, own, len) == 0)
		luaL_error(L, "%s: %s is moonrig's own", what, own);
	lua_pop(L, 1);
}

/* The key and the value on top, checked, as NAME=value. */
static void
add_variable(lua_State *L, const char *what, struct argv *out)
{
	bool is_word = lua_type(L, -2) == LUA_TNUMBER;
	const char *text, *name;
	size_t len;

	if (!is_word && lua_type(L, -2) != LUA_TSTRING)
		luaL_error(L, "%s: a variable's name is a string, got %s", what,
			   bind_given(L, lua_gettop(L) - 1));
	name = is_word ? what : lua_tostring(L, -2);
	if (lua_type(L, -1) != LUA_TSTRING)
		luaL_error(L, "%s: %s: expected a string, got %s", what,
			   is_word ? "an entry" : name, bind_given(L, lua_gettop(L)));
	text = lua_tolstring(L, -1, &len);
	if (strlen(text) != len)
		luaL_error(L, "%s: a value has no NUL, got %s", what, bind_given(L, lua_gettop(L)));
	if (is_word && strchr(text, '=') == NULL)
		luaL_error(L, "%s: expected \"NAME=value\", got \"%s\"", what, text);
	check_variable(L, what, is_word ? text : name,
		       is_word ? (size_t)(strchr(text, '=') - text) : lua_objlen(L, -2));
	if (is_word)
		argv_add(out, text);
	else
		argv_printf(out, "%s=%s", name, text);
}

struct argv *
bind_env(lua_State *L, int index, const char *what)
{
	struct argv *out;

	if (!lua_istable(L, index))
		luaL_error(L, "%s: expected variables, { NAME = \"value\" }, got %s", what,
			   bind_given(L, index));
	out = bind_argv(L);
	for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1))
		add_variable(L, what, out);
	return out;
}
