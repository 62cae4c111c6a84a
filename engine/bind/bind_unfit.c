/* bind_unfit: numbers that a Lua number does not hold exactly, and the tables that have them.
 *
 * A field with one is not in its table: to read it raises an error that names it. So no comparison
 * is made with a rounded value, and its neighbours are as ever. In its place the table has a pair
 * of userdata, the key's name and the number, for pairs(); an array has the number. All that can be
 * done with it is to print it, to join it to a text, and to compare it with another one. */
#include <errno.h>
#include <string.h>

#include "bind/bind.h"
#include "core/error.h"
#include "core/json.h"

static const char kind[] = "moonrig.unfit", table_kind[] = "moonrig.unfit_fields";

struct unfit {
	bool is_key;
	size_t field; /* where its text begins: the name of its field, behind the number's text */
	char text[];
};

static struct unfit *
to_unfit(lua_State *L, int index)
{
	struct unfit *u = lua_touserdata(L, index);
	bool is_one = false;

	if (u != NULL && lua_type(L, index) == LUA_TUSERDATA && lua_getmetatable(L, index)) {
		luaL_getmetatable(L, kind);
		is_one = lua_rawequal(L, -1, -2);
		lua_pop(L, 2);
	}
	return is_one ? u : NULL;
}

const char *
bind_unfit_text(lua_State *L, int index)
{
	const struct unfit *u = to_unfit(L, index);

	return u != NULL ? u->is_key ? u->text + u->field : u->text : NULL;
}

static int
refuse(lua_State *L, const struct unfit *u)
{
	lua_pushfstring(L, "%s does not fit into a Lua number, which is exact up to 2^53", u->text);
	error_push(L, -ERANGE, u->text + u->field, lua_tostring(L, -1), NULL);
	return lua_error(L);
}

static int
l_refuse(lua_State *L)
{
	const struct unfit *u = to_unfit(L, 1);

	return refuse(L, u != NULL ? u : to_unfit(L, 2));
}

static int
l_tostring(lua_State *L)
{
	return bind_text(L, bind_unfit_text(L, 1));
}

static int
l_concat(lua_State *L)
{
	for (int i = 1; i <= 2; i++)
		if (to_unfit(L, i) != NULL)
			lua_pushstring(L, bind_unfit_text(L, i));
		else
			lua_pushvalue(L, i);
	lua_concat(L, 2);
	return 1;
}

static int
l_equal(lua_State *L)
{
	return bind_bool(L, strcmp(bind_unfit_text(L, 1), bind_unfit_text(L, 2)) == 0);
}

static const luaL_Reg meta[] = {
	{ "__tostring", l_tostring }, { "__concat", l_concat }, { "__eq", l_equal },
	{ "__lt", l_refuse },         { "__le", l_refuse },     { "__add", l_refuse },
	{ "__sub", l_refuse },        { "__mul", l_refuse },    { "__div", l_refuse },
	{ "__mod", l_refuse },        { "__pow", l_refuse },    { "__unm", l_refuse },
	{ "__index", l_refuse },      { NULL, NULL },
};

static void
push_one(lua_State *L, const char *field, const char *text, bool is_key)
{
	size_t len = strlen(text) + 1, field_len = strlen(field) + 1;
	struct unfit *u = lua_newuserdata(L, sizeof(*u) + len + field_len);

	u->is_key = is_key;
	u->field = len;
	memcpy(u->text, text, len);
	memcpy(u->text + len, field, field_len);
	if (luaL_newmetatable(L, kind))
		luaL_register(L, NULL, meta);
	lua_setmetatable(L, -2);
}

void
bind_push_unfit(lua_State *L, const char *field, const char *text)
{
	push_one(L, field, text, false);
}

/* The number of a field, whose table and name are at index 1 and 2; NULL where it has none. */
static const struct unfit *
find_field(lua_State *L)
{
	const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : NULL;

	for (lua_pushnil(L); key != NULL && lua_next(L, 1) != 0; lua_pop(L, 1)) {
		const struct unfit *u = to_unfit(L, -2);

		if (u != NULL && u->is_key && strcmp(u->text + u->field, key) == 0)
			return u;
	}
	return NULL;
}

/* The __index of a table with such fields. */
static int
l_field(lua_State *L)
{
	const struct unfit *u = find_field(L);

	return u != NULL ? refuse(L, u) : 0;
}

void
bind_set_unfit(lua_State *L, const char *field, const char *text)
{
	push_one(L, field, text, true);
	push_one(L, field, text, false);
	lua_rawset(L, -3);
	if (luaL_newmetatable(L, table_kind)) {
		lua_pushcfunction(L, l_field);
		lua_setfield(L, -2, "__index");
	}
	lua_setmetatable(L, -2);
}

/* set_unfit(table, field, text): the field's number does not fit */
static int
l_set_unfit(lua_State *L)
{
	const char *field = luaL_checkstring(L, 2), *text = luaL_checkstring(L, 3);

	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 3);
	lua_pushvalue(L, 1);
	bind_set_unfit(L, field, text);
	return 0;
}

/* text(value) → its text, where it is such a number; nil for other values;
 * text(table, field) → the same for a field */
static int
l_text(lua_State *L)
{
	const struct unfit *u;

	if (!lua_istable(L, 1))
		return bind_text(L, bind_unfit_text(L, 1));
	u = find_field(L);
	return bind_text(L, u != NULL ? u->text : NULL);
}

/* fits(text): is it a number that a Lua number holds exactly? */
static int
l_fits(lua_State *L)
{
	size_t len;
	const char *text = luaL_checklstring(L, 1, &len);

	return bind_bool(L, json_fits(text, len));
}

static const struct bind_row functions[] = {
	{ "set_unfit", l_set_unfit, BIND_SAME },
	{ "text", l_text, BIND_SAME },
	{ "fits", l_fits, BIND_SAME },
	{ NULL, NULL, 0 },
};

const struct bind_file bind_unfit = { .functions = functions, .in = "number" };
