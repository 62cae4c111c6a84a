/* boot: a Lua state that has the engine's module and finds those of lib/. */
#include "bind/boot.h"

#include <errno.h>
#include <luajit.h>
#include <lualib.h>
#include <string.h>
#include <unistd.h>

#include "bind/bind.h"
#include "core/buf.h"
#include "core/limits.h"

#define HOME "moonrig.home"

static int
out_of_memory(lua_State *L)
{
	limits_end(xsprintf("LuaJIT: %s (is `ulimit -v` too small?)", lua_tostring(L, -1)));
}

void
boot_push_home(lua_State *L)
{
	lua_getfield(L, LUA_REGISTRYINDEX, HOME);
}

/* A loader of package.loaders: the module's function, or where it is not. "dpdk.parse" is
 * HOME/lib/dpdk/parse.lua. In package.path a home with ";" or "?" would be a pattern; and it hides
 * why a file cannot be opened. */
static int
l_load_from_lib(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1), *path;

	boot_push_home(L);
	lua_pushliteral(L, "/lib/");
	luaL_gsub(L, name, ".", "/");
	lua_pushliteral(L, ".lua");
	lua_concat(L, 4);
	path = lua_tostring(L, -1);
	if (access(path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		lua_pushfstring(L, "\n\tno file '%s'", path);
		return 1;
	}
	if (luaL_loadfile(L, path) != 0)
		return lua_error(L);
	return 1;
}

/* Lua's own path without the working directory: a module is beside its scenario or installed. */
static void
set_path(lua_State *L)
{
	static const char here[] = "./?.lua;";
	const char *path;

	lua_getfield(L, -1, "path");
	path = lua_tostring(L, -1);
	if (strncmp(path, here, strlen(here)) == 0)
		path += strlen(here);
	lua_pushfstring(L, "/usr/share/lua/5.1/?.lua;/usr/share/lua/5.1/?/init.lua;%s", path);
	lua_setfield(L, -3, "path");
	lua_pop(L, 1);
}

/* Second, behind package.preload. */
static void
add_loader(lua_State *L)
{
	lua_getfield(L, -1, "loaders");
	for (int i = (int)lua_objlen(L, -1); i >= 2; i--) {
		lua_rawgeti(L, -1, i);
		lua_rawseti(L, -2, i + 1);
	}
	lua_pushcfunction(L, l_load_from_lib);
	lua_rawseti(L, -2, 2);
	lua_pop(L, 1);
}

lua_State *
boot_lua(const char *home)
{
	lua_State *L = luaL_newstate();

	if (L == NULL)
		return NULL;
	lua_atpanic(L, out_of_memory);
	/* a short run ends before its garbage matters */
	lua_gc(L, LUA_GCSTOP, 0);
	luaL_openlibs(L); /* turns the compiler on */
	/* compiled code calls no hooks, which bound a scenario; and in runs of seconds compiling
	 * costs more than it saves */
	luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
	lua_pushstring(L, home);
	lua_setfield(L, LUA_REGISTRYINDEX, HOME);
	lua_getglobal(L, "package");
	lua_getfield(L, -1, "preload");
	lua_pushcfunction(L, luaopen_engine);
	lua_setfield(L, -2, "engine");
	lua_pop(L, 1);
	set_path(L);
	add_loader(L);
	lua_pop(L, 1);
	return L;
}
