/* bind_handle: userdata with methods: the classes that Lua sees, and handles of resources. */
#include <stdio.h>

#include "bind/bind.h"

struct handle {
	const struct bind_kind *kind;
	struct res *res;
};

static int
l_handle_gc(lua_State *L)
{
	struct handle *h = lua_touserdata(L, 1);

	/* only memory: closing is the scope's */
	if (h->res != NULL)
		res_drop(h->res);
	h->res = NULL;
	return 0;
}

static int
l_handle_tostring(lua_State *L)
{
	struct handle *h = lua_touserdata(L, 1);

	lua_pushfstring(L, "%s \"%s\"%s", h->kind->name, h->res->name,
			h->res->state == RES_CLOSED ? " (closed)" : "");
	return 1;
}

/* Pushes the method at index 2 of a class whose metatable is at `meta`. */
static int
push_method(lua_State *L, int meta)
{
	const char *kind, *names[64];
	const struct bind_row *rows;
	char what[64];
	int n = 0;

	lua_getfield(L, meta, "__kind");
	lua_getfield(L, meta, "__rows");
	lua_getfield(L, meta, "__methods");
	kind = lua_tostring(L, -3);
	rows = lua_touserdata(L, -2);
	if (bind_push_method(L, kind, rows, lua_gettop(L), 2))
		return 1;
	for (const struct bind_row *row = rows; row->name != NULL && n < 63; row++)
		names[n++] = row->name;
	names[n] = NULL;
	snprintf(what, sizeof(what), "a %s has no method", kind);
	return bind_unknown(L, what, luaL_checkstring(L, 2), names);
}

static int
l_index(lua_State *L)
{
	lua_pushvalue(L, 2);
	lua_rawget(L, lua_upvalueindex(1));
	if (!lua_isnil(L, -1))
		return 1;
	lua_getmetatable(L, 1);
	return push_method(L, lua_gettop(L));
}

/* method(kind, name) → what a handle of this kind has under that name; an unknown one is an error
 */
static int
l_method(lua_State *L)
{
	luaL_getmetatable(L, luaL_checkstring(L, 1));
	luaL_checktype(L, -1, LUA_TTABLE);
	lua_getfield(L, -1, "__index");
	/* Lua's own */
	if (lua_istable(L, -1)) {
		lua_pushvalue(L, 2);
		lua_rawget(L, -2);
		return 1;
	}
	return push_method(L, 3);
}

void
bind_class(lua_State *L, const char *kind, const struct bind_row *methods, lua_CFunction gc)
{
	luaL_newmetatable(L, kind);
	lua_pushstring(L, kind);
	lua_setfield(L, -2, "__kind");
	lua_pushlightuserdata(L, (void *)methods);
	lua_setfield(L, -2, "__rows");
	lua_newtable(L);
	bind_rows(L, kind, methods, BIND_CLASS);
	lua_pushvalue(L, -1);
	lua_setfield(L, -3, "__methods");
	lua_pushcclosure(L, l_index, 1);
	lua_setfield(L, -2, "__index");
	if (gc != NULL) {
		lua_pushcfunction(L, gc);
		lua_setfield(L, -2, "__gc");
	}
	lua_pop(L, 1);
}

void
bind_kind(lua_State *L, const struct bind_kind *k)
{
	bind_class(L, k->name, k->methods, l_handle_gc);
	luaL_getmetatable(L, k->name);
	lua_pushcfunction(L, l_handle_tostring);
	lua_setfield(L, -2, "__tostring");
	lua_pop(L, 1);
}

void
bind_push(lua_State *L, const struct bind_kind *k, struct res *r)
{
	struct handle *h = lua_newuserdata(L, sizeof(*h));

	h->kind = k;
	h->res = r;
	res_hold(r);
	luaL_getmetatable(L, k->name);
	lua_setmetatable(L, -2);
}

void *
bind_check(lua_State *L, int index, const struct bind_kind *k)
{
	struct handle *h = lua_touserdata(L, index);
	bool is_one = false;

	if (h != NULL && lua_getmetatable(L, index)) {
		luaL_getmetatable(L, k->name);
		is_one = lua_rawequal(L, -1, -2);
		lua_pop(L, 2);
	}
	if (!is_one)
		luaL_error(L, "expected a %s, got %s%s", k->name, bind_given(L, index),
			   index == 1 ? "; methods are called with a colon, as in x:name()" : "");
	return h->res;
}

void *
bind_open(lua_State *L, int index, const struct bind_kind *k)
{
	struct res *r = bind_check(L, index, k);

	if (r->state == RES_CLOSED)
		luaL_error(L, "%s \"%s\" is closed", k->name, r->name);
	return r;
}

static const struct bind_row functions[] = {
	{ "method", l_method, BIND_SAME },
	{ NULL, NULL, 0 },
};

void
bind_handle(lua_State *L)
{
	bind_rows(L, "engine", functions, BIND_FUNCTIONS);
}
