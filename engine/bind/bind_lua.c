/* bind_lua: Lua's own io and os as rows beside our own. */
#include <lualib.h>

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

static void
register_all(lua_State *L)
{
	lua_getglobal(L, "os");
	bind_rows(L, "os", os_rows, BIND_FUNCTIONS);
	lua_getglobal(L, "io");
	bind_rows(L, "io", io_rows, BIND_FUNCTIONS);
	lua_pushvalue(L, LUA_GLOBALSINDEX);
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
