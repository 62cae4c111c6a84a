/* error: a failure as an object for Lua, { code, op, what, tail }, which prints, and can be joined
 * to texts, as one. */
#include "core/error.h"

#include <errno.h>
#include <lauxlib.h>
#include <string.h>

static const char *
errno_name(int err)
{
	const char *name = strerrorname_np(-err);

	return name != NULL ? name : "EFAIL";
}

static int
l_error_tostring(lua_State *L)
{
	lua_getfield(L, 1, "op");
	lua_getfield(L, 1, "what");
	lua_getfield(L, 1, "tail");
	if (lua_isstring(L, -1) && lua_objlen(L, -1) > 0)
		lua_pushfstring(L, "%s: %s; last lines:\n%s", lua_tostring(L, -3),
				lua_tostring(L, -2), lua_tostring(L, -1));
	else
		lua_pushfstring(L, "%s: %s", lua_tostring(L, -3), lua_tostring(L, -2));
	return 1;
}

/* a .. b, of which one is an error */
static int
l_error_concat(lua_State *L)
{
	lua_settop(L, 2);
	for (int i = 1; i <= 2; i++) {
		lua_getglobal(L, "tostring");
		lua_pushvalue(L, i);
		lua_call(L, 1, 1);
	}
	lua_concat(L, 2);
	return 1;
}

void
error_push_class(lua_State *L)
{
	if (luaL_newmetatable(L, "moonrig.error")) {
		lua_pushcfunction(L, l_error_tostring);
		lua_setfield(L, -2, "__tostring");
		lua_pushcfunction(L, l_error_concat);
		lua_setfield(L, -2, "__concat");
	}
}

void
error_push(lua_State *L, int err, const char *op, const char *what, const char *tail)
{
	lua_createtable(L, 0, 4);
	lua_pushstring(L, errno_name(err));
	lua_setfield(L, -2, "code");
	lua_pushstring(L, op);
	lua_setfield(L, -2, "op");
	if (what == NULL)
		what = err == -ECANCELED ? "interrupted" : strerror(-err);
	lua_pushstring(L, what);
	lua_setfield(L, -2, "what");
	if (tail != NULL && tail[0] != '\0') {
		lua_pushstring(L, tail);
		lua_setfield(L, -2, "tail");
	}
	error_push_class(L);
	lua_setmetatable(L, -2);
}

void
error_mark_cancel(lua_State *L)
{
	lua_pushboolean(L, 1);
	lua_setfield(L, -2, "cancelled");
}
