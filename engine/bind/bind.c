/* bind: what all Lua bindings share: options, errors. */
#include "bind/bind.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "core/error.h"

/* ---- errors ---- */

int
bind_fail(lua_State *L, int err, const char *op, const char *what, const char *tail)
{
	lua_pushnil(L);
	error_push(L, err, op, what, tail);
	/* a connection that was closed under its waiter is -ECANCELED, too, and cancels nobody */
	if (err == -ECANCELED && task_is_cancelled())
		error_mark_cancel(L);
	return 2;
}

/* The nearest name, by lib/base/suggest.lua where it is loaded. */
static const char *
nearest(lua_State *L, const char *name, const char *const *names)
{
	const char *near = NULL;
	int top = lua_gettop(L);

	lua_getfield(L, LUA_REGISTRYINDEX, "moonrig.near");
	if (lua_isfunction(L, -1)) {
		lua_pushstring(L, name);
		lua_newtable(L);
		for (int i = 0; names[i] != NULL; i++) {
			lua_pushstring(L, names[i]);
			lua_rawseti(L, -2, i + 1);
		}
		if (lua_pcall(L, 2, 1, 0) == 0 && lua_isstring(L, -1))
			for (int i = 0; names[i] != NULL; i++)
				if (strcmp(names[i], lua_tostring(L, -1)) == 0)
					near = names[i];
	}
	lua_settop(L, top);
	return near;
}

int
bind_unknown(lua_State *L, const char *what, const char *name, const char *const *names)
{
	const char *near = nearest(L, name, names);

	if (near != NULL)
		return luaL_error(L, "%s \"%s\" (did you mean \"%s\"?)", what, name, near);
	return luaL_error(L, "%s \"%s\"", what, name);
}

/* ---- options ---- */

static const char *const type_words[] = {
	[OPT_STR] = "a string",
	[OPT_INT] = "a whole number",
	[OPT_NUM] = BIND_SECONDS_WORDS,
	[OPT_BOOL] = "true or false",
	[OPT_LIST] = "an array of strings",
};

static bool
opt_fits(lua_State *L, enum opt_type type)
{
	switch (type) {
	case OPT_STR:
		return lua_type(L, -1) == LUA_TSTRING;
	case OPT_NUM:
		return bind_is_seconds(L, -1);
	case OPT_INT:
		return bind_is_whole(L, -1, INT_MIN, INT_MAX);
	case OPT_BOOL:
		return lua_isboolean(L, -1);
	default:
		if (!lua_istable(L, -1))
			return false;
		for (size_t i = 1, n = lua_objlen(L, -1); i <= n; i++) {
			bool ok;

			lua_rawgeti(L, -1, (int)i);
			ok = lua_isstring(L, -1);
			lua_pop(L, 1);
			if (!ok)
				return false;
		}
		return true;
	}
}

static int
unknown_option(lua_State *L, const char *who, const char *key, const struct opt *opts)
{
	const char *names[64];
	char what[96];
	int n = 0;

	for (const struct opt *o = opts; o->name != NULL && n < 63; o++)
		names[n++] = o->name;
	names[n] = NULL;
	snprintf(what, sizeof(what), "%s: unknown option", who);
	return bind_unknown(L, what, key, names);
}

static void
check_keys(lua_State *L, int index, const char *who, const struct opt *opts)
{
	for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
		const struct opt *o = opts;

		if (lua_type(L, -2) != LUA_TSTRING)
			luaL_error(L, "%s: options are named, as in { name = value }", who);
		while (o->name != NULL && strcmp(o->name, lua_tostring(L, -2)) != 0)
			o++;
		if (o->name == NULL)
			unknown_option(L, who, lua_tostring(L, -2), opts);
		if (!opt_fits(L, o->type))
			luaL_error(L, "%s: option \"%s\": expected %s, got %s", who, o->name,
				   type_words[o->type], bind_given(L, lua_gettop(L)));
	}
}

void
bind_check_opts(lua_State *L, int index, const char *who, const struct opt *opts)
{
	if (!lua_istable(L, index))
		luaL_error(L, "%s: expected a table of options, got %s", who, bind_given(L, index));
	check_keys(L, index, who, opts);
	for (const struct opt *o = opts; o->name != NULL; o++) {
		lua_getfield(L, index, o->name);
		if (o->required && lua_isnil(L, -1))
			luaL_error(L, "%s: option \"%s\" is needed: %s", who, o->name,
				   type_words[o->type]);
		lua_pop(L, 1);
	}
}

void
bind_fill_opts(lua_State *L, int index, const struct opt *opts, void *out)
{
	for (const struct opt *o = opts; o->name != NULL; o++) {
		void *at = (char *)out + o->offset;

		lua_getfield(L, index, o->name);
		if (!lua_isnil(L, -1)) {
			switch (o->type) {
			case OPT_STR:
				*(const char **)at = lua_tostring(L, -1);
				break;
			case OPT_INT:
				*(int *)at = (int)lua_tonumber(L, -1);
				break;
			case OPT_NUM:
				*(double *)at = lua_tonumber(L, -1);
				break;
			case OPT_BOOL:
				*(bool *)at = lua_toboolean(L, -1);
				break;
			case OPT_LIST:
				bind_fill_list(L, lua_gettop(L), at);
			}
		}
		lua_pop(L, 1);
	}
}

void
bind_free_opts(const struct opt *opts, void *out)
{
	for (const struct opt *o = opts; o->name != NULL; o++)
		if (o->type == OPT_LIST)
			argv_free((struct argv *)((char *)out + o->offset));
}

void
bind_check_list(lua_State *L, int index, const char *what)
{
	lua_pushvalue(L, index);
	if (!opt_fits(L, OPT_LIST))
		luaL_error(L, "%s: expected an array of strings, got %s", what,
			   bind_given(L, index));
	lua_pop(L, 1);
}

void
bind_fill_list(lua_State *L, int index, struct argv *out)
{
	for (size_t i = 1, n = lua_objlen(L, index); i <= n; i++) {
		lua_rawgeti(L, index, (int)i);
		argv_add(out, lua_tostring(L, -1));
		lua_pop(L, 1);
	}
}

int
luaopen_engine(lua_State *L)
{
	lua_createtable(L, 0, 64);
	bind_core(L);
	bind_json(L);
	bind_fs(L);
	bind_console(L);
	bind_node(L);
	bind_prim(L);
	bind_qmp(L);
	bind_stats(L);
	bind_line(L);
	bind_attach(L);
	bind_mem(L);
	bind_watch(L);
	bind_recorder(L);
	bind_gate(L);
	bind_handle(L);
	bind_lua(L);
	return 1;
}
