/* bind: the module that Lua requires as "engine", of all files of bindings. */
#include "bind/bind.h"

#ifndef MOONRIG_VERSION
#define MOONRIG_VERSION "0"
#endif

static const struct bind_file *const files[] = {
	&bind_attach,    &bind_client, &bind_console, &bind_fs,       &bind_handle,
	&bind_intercept, &bind_json,   &bind_line,    &bind_log,      &bind_lua,
	&bind_mem,       &bind_node,   &bind_prim,    &bind_recorder, &bind_result,
	&bind_scope,     &bind_sys,    &bind_task,    &bind_unfit,    &bind_watch,
};

/* Into the engine's table, on top. */
static void
register_file(lua_State *L, const struct bind_file *f)
{
	if (f->in != NULL)
		lua_newtable(L);
	if (f->functions != NULL)
		bind_rows(L, f->in != NULL ? f->in : "engine", f->functions, BIND_FUNCTIONS);
	for (size_t i = 0; i < 2 && f->kinds[i] != NULL; i++)
		bind_kind(L, f->kinds[i]);
	if (f->more != NULL)
		f->more(L);
	if (f->in != NULL)
		lua_setfield(L, -2, f->in);
}

int
luaopen_engine(lua_State *L)
{
	lua_createtable(L, 0, 64);
	bind_set_text(L, "version", MOONRIG_VERSION);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		register_file(L, files[i]);
	return 1;
}
