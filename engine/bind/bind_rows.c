/* bind_rows: the bindings as rows: registered here, called from Lua through here, listed for Lua.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bind/bind.h"

/* In the registry: an array of sets, { prefix, table, rows, own = Lua's own functions }. */
static const char sets_key[] = "moonrig.rows";

enum { SET_PREFIX = 1, SET_TABLE, SET_ROWS, SET_OWN, SET_IS_CLASS };

static const char *const how_words[] = {
	[BIND_WAIT] = "wait", [BIND_ACT] = "act",   [BIND_READ] = "read", [BIND_EFFECT] = "effect",
	[BIND_RARE] = "rare", [BIND_IDLE] = "idle", [BIND_SAME] = "same", [BIND_PERSON] = "person",
};

static unsigned
row_how(const struct bind_row *row)
{
	return row->how & BIND_HOW;
}

/* Every call from Lua passes here. */
static int
row_call(lua_State *L)
{
	const struct bind_row *row = lua_touserdata(L, lua_upvalueindex(1));
	int n = row->fn(L);

	/* a replay must know what waits; -1 is lua_yield's, and it is too late for an error */
	if (n < 0 && row_how(row) != BIND_WAIT && row_how(row) != BIND_PERSON) {
		fprintf(stderr, "moonrig: binding \"%s\" waits, and its row is not BIND_WAIT\n",
			row->name);
		abort();
	}
	return n;
}

static void
push_sets(lua_State *L)
{
	lua_getfield(L, LUA_REGISTRYINDEX, sets_key);
	if (!lua_isnil(L, -1))
		return;
	lua_pop(L, 1);
	lua_newtable(L);
	lua_pushvalue(L, -1);
	lua_setfield(L, LUA_REGISTRYINDEX, sets_key);
}

static void
push_function(lua_State *L, const struct bind_row *row, int own)
{
	if (row->fn == NULL) {
		lua_getfield(L, own, row->name);
		return;
	}
	lua_pushlightuserdata(L, (void *)row);
	lua_pushcclosure(L, row_call, 1);
}

/* Put each row's function into the table; of Lua's own those are there, and kept. */
static void
fill(lua_State *L, int table, const struct bind_row *rows, int own)
{
	for (const struct bind_row *row = rows; row->name != NULL; row++) {
		if (row->fn == NULL) {
			lua_getfield(L, table, row->name);
			lua_setfield(L, own, row->name);
			continue;
		}
		push_function(L, row, own);
		lua_setfield(L, table, row->name);
	}
}

static void
add_rows(lua_State *L, const char *prefix, const struct bind_row *rows, bool is_class)
{
	int table = lua_gettop(L), set;

	push_sets(L);
	lua_createtable(L, SET_IS_CLASS, 0);
	set = lua_gettop(L);
	lua_pushstring(L, prefix);
	lua_rawseti(L, set, SET_PREFIX);
	lua_pushvalue(L, table);
	lua_rawseti(L, set, SET_TABLE);
	lua_pushlightuserdata(L, (void *)rows);
	lua_rawseti(L, set, SET_ROWS);
	lua_newtable(L);
	fill(L, table, rows, set + 1);
	lua_rawseti(L, set, SET_OWN);
	lua_pushboolean(L, is_class);
	lua_rawseti(L, set, SET_IS_CLASS);
	lua_rawseti(L, set - 1, (int)lua_objlen(L, set - 1) + 1);
	lua_settop(L, table);
}

void
bind_rows(lua_State *L, const char *prefix, const struct bind_row *rows)
{
	add_rows(L, prefix, rows, false);
}

void
bind_methods(lua_State *L, const char *kind, const struct bind_row *rows)
{
	add_rows(L, kind, rows, true);
}

/* ---- for the recorder and a replay ---- */

typedef void (*row_visit)(lua_State *L, const struct bind_row *row, int set);

/* visit() with a set at stack index `set`, once for each of its rows. */
static void
each_row(lua_State *L, row_visit visit)
{
	int sets;

	push_sets(L);
	sets = lua_gettop(L);
	for (int i = 1, n = (int)lua_objlen(L, sets); i <= n; i++) {
		const struct bind_row *rows;

		lua_rawgeti(L, sets, i);
		lua_rawgeti(L, sets + 1, SET_ROWS);
		rows = lua_touserdata(L, -1);
		for (const struct bind_row *row = rows; row->name != NULL; row++) {
			lua_settop(L, sets + 1);
			visit(L, row, sets + 1);
		}
		lua_settop(L, sets);
	}
}

static void
push_op(lua_State *L, const struct bind_row *row, int set)
{
	lua_rawgeti(L, set, SET_PREFIX);
	lua_pushfstring(L, "%s.%s", lua_tostring(L, -1), row->name);
	lua_replace(L, -2);
}

/* Into the result at index 1. */
static void
list_row(lua_State *L, const struct bind_row *row, int set)
{
	unsigned first = row->how >> BIND_FIRST_SHIFT;

	push_op(L, row, set);
	lua_createtable(L, 0, 2);
	lua_pushstring(L, how_words[row_how(row)]);
	lua_setfield(L, -2, "is");
	lua_pushnumber(L, first > 0 ? first - 1 : HUGE_VAL);
	lua_setfield(L, -2, "count");
	lua_rawset(L, 1);
}

/* bindings() → { ["console.command"] = { is = "wait", count = 2 }, ... }: `is`: enum bind_how in
 * lower case; `count`: how many arguments must be the same in a replay, math.huge for all */
static int
l_bindings(lua_State *L)
{
	lua_settop(L, 0);
	lua_newtable(L);
	each_row(L, list_row);
	lua_settop(L, 1);
	return 1;
}

/* With the function that wraps, or nil, at index 1. */
static void
gate_row(lua_State *L, const struct bind_row *row, int set)
{
	lua_rawgeti(L, set, SET_TABLE);
	lua_rawgeti(L, set, SET_OWN);
	push_function(L, row, set + 2);
	if (!lua_isnil(L, 1) && row_how(row) != BIND_SAME) {
		lua_pushvalue(L, 1);
		push_op(L, row, set);
		lua_pushstring(L, how_words[row_how(row)]);
		lua_pushvalue(L, set + 3);
		lua_rawgeti(L, set, SET_IS_CLASS);
		lua_call(L, 4, 1);
		if (lua_isnil(L, -1))
			lua_pop(L, 1);
	}
	lua_setfield(L, set + 1, row->name);
}

/* gate(wrap): each binding but those of BIND_SAME is from now on wrap(op, is, function,
 * is_method)'s result, where that is not nil. gate(): all are as they were. One gate at a time. */
static int
l_gate(lua_State *L)
{
	if (!lua_isnoneornil(L, 1))
		luaL_checktype(L, 1, LUA_TFUNCTION);
	lua_settop(L, 1);
	each_row(L, gate_row);
	return 0;
}

static const struct bind_row functions[] = {
	{ "bindings", l_bindings, BIND_SAME },
	{ "gate", l_gate, BIND_SAME },
	{ NULL, NULL, 0 },
};

void
bind_gate(lua_State *L)
{
	bind_rows(L, "engine", functions);
}
