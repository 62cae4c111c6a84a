/* bind_opts: tables of options. */
#include <limits.h>

#include "bind/bind.h"

static const char *const type_words[] = {
	[OPT_STR] = "a string",
	[OPT_INT] = "a whole number",
	[OPT_NUM] = BIND_SECONDS_WORDS,
	[OPT_MARK] = "a mark (a whole number)",
	[OPT_BOOL] = "true or false",
	[OPT_LIST] = "an array of strings",
	[OPT_ENV] = "variables, { NAME = \"value\" }",
};

/* Stores the value on top; false where it has another type. A list is left below it. */
static bool
take(lua_State *L, const char *of, const struct opt *o, void *at)
{
	switch (o->type) {
	case OPT_STR:
		/* a number that lua_tostring converts would be shown as a string */
		if (lua_type(L, -1) != LUA_TSTRING)
			return false;
		*(const char **)at = lua_tostring(L, -1);
		return true;
	case OPT_INT:
		if (!bind_is_whole(L, -1, INT_MIN, INT_MAX))
			return false;
		*(int *)at = (int)lua_tonumber(L, -1);
		return true;
	case OPT_NUM:
		*(double *)at = lua_tonumber(L, -1);
		return bind_is_seconds(L, -1);
	case OPT_MARK:
		*(double *)at = lua_tonumber(L, -1);
		return bind_is_whole(L, -1, 0, WHOLE_MAX);
	case OPT_BOOL:
		*(bool *)at = lua_toboolean(L, -1);
		return lua_isboolean(L, -1);
	case OPT_ENV:
		lua_pushfstring(L, "%s: option \"%s\"", of, o->name);
		lua_insert(L, -2);
		*(char *const **)at = bind_env(L, lua_gettop(L), lua_tostring(L, -2))->v;
		/* the argv stays, below the value */
		lua_replace(L, -3);
		return true;
	default:
		if (!bind_is_list(L, -1))
			return false;
		*(char *const **)at = bind_list(L, lua_gettop(L), o->name)->v;
		lua_insert(L, -2);
		return true;
	}
}

/* No row has this key. */
static int
unknown_option(lua_State *L, const char *of, const char *key, const struct opt *opts)
{
	const char *what = lua_pushfstring(L, "%s: unknown option", of);
	int n = 0;

	lua_newtable(L);
	for (; opts->name != NULL; opts++) {
		lua_pushstring(L, opts->name);
		lua_rawseti(L, -2, ++n);
	}
	return bind_unknown(L, what, key);
}

static void
check_keys(lua_State *L, int index, const char *of, const struct opt *opts)
{
	for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
		const struct opt *o = opts;

		if (lua_type(L, -2) != LUA_TSTRING)
			luaL_error(L, "%s: options are named, as in { name = value }", of);
		while (o->name != NULL && strcmp(o->name, lua_tostring(L, -2)) != 0)
			o++;
		if (o->name == NULL)
			unknown_option(L, of, lua_tostring(L, -2), opts);
	}
}

static void
read_opts(lua_State *L, int index, const char *of, const struct opt *opts, char *out)
{
	if (!lua_istable(L, index))
		luaL_error(L, "%s: expected a table of options, got %s", of, bind_given(L, index));
	check_keys(L, index, of, opts);
	for (const struct opt *o = opts; o->name != NULL; o++) {
		lua_getfield(L, index, o->name);
		if (o->required && lua_isnil(L, -1))
			luaL_error(L, "%s: option \"%s\" is needed: %s", of, o->name,
				   type_words[o->type]);
		if (!lua_isnil(L, -1) && !take(L, of, o, out + o->offset))
			luaL_error(L, "%s: option \"%s\": expected %s, got %s", of, o->name,
				   type_words[o->type], bind_given(L, lua_gettop(L)));
		lua_pop(L, 1);
	}
}

void
bind_check_opts(lua_State *L, int index, const char *of, const struct opt *opts)
{
	int top = lua_gettop(L);
	double unused;

	read_opts(L, index, of, opts, (char *)&unused);
	lua_settop(L, top);
}

void
bind_opts(lua_State *L, int index, const char *of, const struct opt *opts, void *out)
{
	if (lua_isnoneornil(L, index)) {
		lua_settop(L, index - 1);
		lua_newtable(L);
	}
	read_opts(L, index, of, opts, out);
}
