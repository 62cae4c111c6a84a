/* bind: the module that Lua requires as "engine", of all files of bindings. */
#include "bind/bind.h"

#ifndef MOONRIG_VERSION
#define MOONRIG_VERSION "0"
#endif

static bind_file *const files[] = {
	bind_attach, bind_console, bind_error, bind_event,    bind_fs,  bind_intercept, bind_handle,
	bind_json,   bind_line,    bind_log,   bind_lua,      bind_mem, bind_node,      bind_prim,
	bind_qmp,    bind_stats,   bind_scope, bind_recorder, bind_sys, bind_task,      bind_watch,
};

int
luaopen_engine(lua_State *L)
{
	lua_createtable(L, 0, 64);
	bind_set_text(L, "version", MOONRIG_VERSION);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		files[i](L);
	return 1;
}
