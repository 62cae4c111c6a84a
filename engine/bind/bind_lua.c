/* bind_lua: Lua's own io and os as rows beside our own. */
#include <lualib.h>
#include <sys/stat.h>

#include "bind/bind.h"

static const struct bind_row os_rows[] = {
	{ "getenv", NULL, BIND_READ },
	{ "time", NULL, BIND_READ },
	{ "date", NULL, BIND_READ },
	{ "clock", NULL, BIND_READ },
	{ "tmpname", NULL, BIND_TAKE },
	{ "remove", NULL, BIND_EFFECT },
	{ "rename", NULL, BIND_EFFECT },
	{ "execute", NULL, BIND_ACT },
	{ NULL, NULL, 0 },
};

/* lines are recorded by what they read */
static const struct bind_row io_rows[] = {
	{ "open", NULL, BIND_TAKE },
	{ "tmpfile", NULL, BIND_TAKE },
	{ "input", NULL, BIND_TAKE },
	{ "read", NULL, BIND_TAKE },
	{ "output", NULL, BIND_TAKE },
	{ "lines", NULL, BIND_READ },
	{ "write", NULL, BIND_PUT },
	{ "close", NULL, BIND_PUT },
	{ "type", NULL, BIND_READ },
	{ "popen", NULL, BIND_ACT },
	{ NULL, NULL, 0 },
};

/* of files that these gave */
static const struct bind_row file_rows[] = {
	{ "read", NULL, BIND_TAKE },   { "seek", NULL, BIND_TAKE }, { "lines", NULL, BIND_READ },
	{ "write", NULL, BIND_PUT },   { "flush", NULL, BIND_PUT }, { "close", NULL, BIND_PUT },
	{ "setvbuf", NULL, BIND_PUT }, { NULL, NULL, 0 },
};

/* recorded with the text that they load */
static const struct bind_row global_rows[] = {
	{ "loadfile", NULL, BIND_READ },
	{ "dofile", NULL, BIND_READ },
	{ NULL, NULL, 0 },
};

/* Opening a named pipe waits for its other end, and with it all that the loop has to do. */
static bool
is_pipe(lua_State *L, int index)
{
	struct stat st;

	return lua_type(L, index) == LUA_TSTRING && stat(lua_tostring(L, index), &st) == 0 &&
	       S_ISFIFO(st.st_mode);
}

/* Upvalues: a function that opens the file at its first argument; does it raise? */
static int
l_open_no_pipe(lua_State *L)
{
	if (!is_pipe(L, 1)) {
		lua_pushvalue(L, lua_upvalueindex(1));
		lua_insert(L, 1);
		lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
		return lua_gettop(L);
	}
	lua_pushnil(L);
	lua_pushfstring(L, "%s: is a named pipe (FIFO), and to open one waits for its other end",
			lua_tostring(L, 1));
	return lua_toboolean(L, lua_upvalueindex(2)) ? lua_error(L) : 2;
}

/* In the table on top. */
static void
open_no_pipe(lua_State *L, const char *name, bool raises)
{
	lua_getfield(L, -1, name);
	lua_pushboolean(L, raises);
	lua_pushcclosure(L, l_open_no_pipe, 2);
	lua_setfield(L, -2, name);
}

static void
register_all(lua_State *L)
{
	lua_getglobal(L, "os");
	bind_rows(L, "os", os_rows, BIND_FUNCTIONS);
	lua_getglobal(L, "io");
	open_no_pipe(L, "open", false);
	open_no_pipe(L, "lines", true);
	open_no_pipe(L, "input", true);
	open_no_pipe(L, "output", true);
	bind_rows(L, "io", io_rows, BIND_FUNCTIONS);
	lua_pushvalue(L, LUA_GLOBALSINDEX);
	open_no_pipe(L, "loadfile", false);
	open_no_pipe(L, "dofile", true);
	bind_rows(L, "global", global_rows, BIND_FUNCTIONS);
	luaL_getmetatable(L, LUA_FILEHANDLE);
	lua_pushliteral(L, "file");
	lua_setfield(L, -2, "__kind");
	/* a kind of handle as ours are */
	lua_pushvalue(L, -1);
	lua_setfield(L, LUA_REGISTRYINDEX, "file");
	lua_getfield(L, -1, "__index");
	bind_rows(L, "file", file_rows, BIND_METHODS);
	lua_pop(L, 5);
}

const struct bind_file bind_lua = { .more = register_all };
