/* bind_result: what bindings return: true, and fields of tables. */
#include "bind/bind.h"
#include "chan/chan.h"
#include "core/signals.h"

int
bind_true(lua_State *L)
{
	lua_pushboolean(L, 1);
	return 1;
}

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
