/* bind_handle: userdata with methods: the classes that Lua sees, and handles of resources. */
#include "bind/bind.h"

struct handle {
	const struct bind_kind *kind;
	struct res *res;
};

static int
l_handle_gc(lua_State *L)
{
	struct handle *h = lua_touserdata(L, 1);

	/* only memory: the scope closes */
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

/* The __index of a class's methods, whose kind is the upvalue. */
static int
l_unknown_method(lua_State *L)
{
	const char *kind = lua_tostring(L, lua_upvalueindex(1));
	const char *what = lua_pushfstring(L, "a %s has no method", kind);
	int n = 0;

	lua_newtable(L);
	for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1)) {
		lua_pushvalue(L, -2);
		lua_rawseti(L, -4, ++n);
	}
	return bind_unknown(L, what, luaL_checkstring(L, 2));
}

/* method(kind, name) → the method of this kind's handles; an unknown one is an error */
static int
l_method(lua_State *L)
{
	luaL_getmetatable(L, luaL_checkstring(L, 1));
	luaL_checktype(L, -1, LUA_TTABLE);
	lua_getfield(L, -1, "__index");
	lua_pushvalue(L, 2);
	lua_gettable(L, -2);
	return 1;
}

/* methods(kind) → the table of this kind's methods, where a recorder or a replay replaces them;
 * methods(kind, table): its handles have the table's from here on */
static int
l_methods(lua_State *L)
{
	lua_settop(L, 2);
	luaL_getmetatable(L, luaL_checkstring(L, 1));
	luaL_checktype(L, -1, LUA_TTABLE);
	if (lua_istable(L, 2)) {
		lua_pushvalue(L, 2);
		lua_setfield(L, -2, "__index");
	}
	lua_getfield(L, -1, "__index");
	return 1;
}

void
bind_kind(lua_State *L, const struct bind_kind *k)
{
	lua_CFunction gc = k->gc != NULL || k->is_plain ? k->gc : l_handle_gc;

	luaL_newmetatable(L, k->name);
	bind_set_text(L, "__kind", k->name);
	lua_newtable(L);
	bind_rows(L, k->name, k->methods, BIND_METHODS);
	lua_newtable(L);
	lua_pushstring(L, k->name);
	lua_pushcclosure(L, l_unknown_method, 1);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2);
	lua_setfield(L, -2, "__index");
	if (gc != NULL) {
		lua_pushcfunction(L, gc);
		lua_setfield(L, -2, "__gc");
	}
	if (gc == l_handle_gc) {
		lua_pushcfunction(L, l_handle_tostring);
		lua_setfield(L, -2, "__tostring");
	}
	lua_pop(L, 1);
}

void *
bind_new(lua_State *L, const char *kind, size_t size)
{
	void *data = memset(lua_newuserdata(L, size), 0, size);

	luaL_getmetatable(L, kind);
	lua_setmetatable(L, -2);
	return data;
}

int
bind_push(lua_State *L, const struct bind_kind *k, struct res *r)
{
	struct handle *h = bind_new(L, k->name, sizeof(*h));

	h->kind = k;
	h->res = r;
	res_hold(r);
	return 1;
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

static int
push_closed(lua_State *L, void *arg, int status)
{
	(void)arg;
	return bind_answer(L, status, "close", NULL);
}

int
bind_close(lua_State *L, struct res *r, double seconds)
{
	res_await(r, task_wait(L, push_closed, NULL), seconds);
	res_close(r);
	return task_park(L);
}

static const struct bind_row functions[] = {
	{ "method", l_method, BIND_SAME },
	{ "methods", l_methods, BIND_SAME },
	{ NULL, NULL, 0 },
};

const struct bind_file bind_handle = { .functions = functions };
