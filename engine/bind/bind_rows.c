/* bind_rows: the bindings as rows: registered, listed for Lua, replaced by a recorder or a replay.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"

/* In the registry: { [1] = struct set, ..., [row] = the function that l_intercept replaced }. */
static const char sets_key[] = "moonrig.rows";

/* Rows that were registered. */
struct set {
	const char *prefix;
	const struct bind_row *rows;
	enum bind_style style;
	int table; /* registry reference */
};

static const char *const how_words[] = {
	[BIND_WAIT] = "wait",     [BIND_ACT] = "act",   [BIND_READ] = "read",
	[BIND_EFFECT] = "effect", [BIND_TAKE] = "take", [BIND_RARE] = "rare",
	[BIND_PUT] = "put",       [BIND_IDLE] = "idle", [BIND_SAME] = "same",
	[BIND_PERSON] = "person",
};

static unsigned
row_how(const struct bind_row *row)
{
	return row->how & BIND_HOW;
}

static bool
is_idle(const struct bind_row *row)
{
	return row_how(row) == BIND_IDLE || row_how(row) == BIND_PERSON;
}

/* Every call that does not wait passes here. */
static int
row_call(lua_State *L)
{
	const struct bind_row *row = lua_touserdata(L, lua_upvalueindex(1));
	int n = row->fn(L);

	/* a replay must know which bindings wait; after lua_yield it is too late for an error */
	if (n < 0) {
		fprintf(stderr, "moonrig: binding \"%s\" waits, and its row is not BIND_WAIT\n",
			row->name);
		abort();
	}
	return n;
}

static void
push_function(lua_State *L, const struct bind_row *row)
{
	if (row_how(row) == BIND_WAIT || row_how(row) == BIND_PERSON) {
		lua_pushcfunction(L, row->fn);
		return;
	}
	lua_pushlightuserdata(L, (void *)row);
	lua_pushcclosure(L, row_call, 1);
}

static void
push_sets(lua_State *L)
{
	lua_getfield(L, LUA_REGISTRYINDEX, sets_key);
	if (!lua_isnil(L, -1))
		return;
	lua_pop(L, 1);
	lua_createtable(L, 32, 64);
	lua_pushvalue(L, -1);
	lua_setfield(L, LUA_REGISTRYINDEX, sets_key);
}

void
bind_rows(lua_State *L, const char *of, const struct bind_row *rows, enum bind_style style)
{
	int table = lua_gettop(L), sets = table + 1;
	struct set *s;

	push_sets(L);
	for (const struct bind_row *row = rows; row->name != NULL; row++) {
		if (row->fn == NULL)
			continue;
		push_function(L, row);
		lua_setfield(L, table, row->name);
	}
	s = lua_newuserdata(L, sizeof(*s));
	lua_rawseti(L, sets, (int)lua_objlen(L, sets) + 1);
	lua_pushvalue(L, table);
	*s = (struct set){ of, rows, style, luaL_ref(L, LUA_REGISTRYINDEX) };
	lua_settop(L, table);
}

/* ---- for the recorder and a replay ---- */

/* visit() for each set, with its table on top. */
static void
each_set(lua_State *L, void (*visit)(lua_State *L, const struct set *s))
{
	int sets = lua_gettop(L) + 1;

	lua_getfield(L, LUA_REGISTRYINDEX, sets_key);
	for (int i = 1, n = (int)lua_objlen(L, sets); i <= n; i++) {
		const struct set *s;

		lua_rawgeti(L, sets, i);
		s = lua_touserdata(L, -1);
		lua_rawgeti(L, LUA_REGISTRYINDEX, s->table);
		visit(L, s);
		lua_settop(L, sets);
	}
	lua_pop(L, 1);
}

/* Into the result at index 1. */
static void
list_set(lua_State *L, const struct set *s)
{
	for (const struct bind_row *row = s->rows; row->name != NULL; row++) {
		unsigned first = row->how >> BIND_FIRST_SHIFT;

		lua_pushfstring(L, "%s.%s", s->prefix, row->name);
		lua_createtable(L, 0, 2);
		bind_set_text(L, "is", how_words[row_how(row)]);
		bind_set_number(L, "count", first > 0 ? first - 1 : HUGE_VAL);
		lua_rawset(L, 1);
	}
}

/* bindings() → { ["console.command"] = { is = "wait", count = 2 }, ... }: `is`: enum bind_how in
 * lower case; `count`: how many arguments must be the same in a replay, math.huge for all */
static int
l_bindings(lua_State *L)
{
	lua_settop(L, 0);
	lua_newtable(L);
	each_set(L, list_set);
	return 1;
}

/* The sets are at this index of l_intercept's stack, behind its arguments. */
enum { SETS = 3 };

/* Pushes the function of a row as it was before l_intercept; nil if it was not replaced. */
static void
push_replaced(lua_State *L, const struct bind_row *row)
{
	lua_pushlightuserdata(L, (void *)row);
	lua_rawget(L, SETS);
}

/* Replaces a function of the table at `table` by wrap's result, where that is not nil. */
static void
replace(lua_State *L, int table, const struct set *s, const struct bind_row *row)
{
	int fn = lua_gettop(L) + 1;

	push_replaced(L, row);
	if (lua_isnil(L, fn)) {
		lua_pop(L, 1);
		lua_getfield(L, table, row->name);
		lua_pushlightuserdata(L, (void *)row);
		lua_pushvalue(L, fn);
		lua_rawset(L, SETS);
	}
	lua_pushvalue(L, 1);
	lua_pushfstring(L, "%s.%s", s->prefix, row->name);
	lua_pushstring(L, how_words[row_how(row)]);
	lua_pushvalue(L, fn);
	lua_pushboolean(L, s->style == BIND_METHODS);
	lua_call(L, 4, 1);
	lua_pushvalue(L, lua_isnil(L, -1) ? fn : -1);
	lua_setfield(L, table, row->name);
	lua_settop(L, fn - 1);
}

static bool
is_meant(lua_State *L, const struct set *s)
{
	const char *kind = lua_tostring(L, 2);

	if (kind != NULL)
		return s->style == BIND_METHODS && strcmp(s->prefix, kind) == 0;
	return lua_toboolean(L, 2) || s->style == BIND_FUNCTIONS;
}

static void
replace_set(lua_State *L, const struct set *s)
{
	int table = lua_gettop(L);
	bool is_replay = lua_isboolean(L, 2) && lua_toboolean(L, 2);

	if (!is_meant(L, s))
		return;
	for (const struct bind_row *row = s->rows; row->name != NULL; row++)
		if (row_how(row) != BIND_SAME && (is_replay || !is_idle(row)))
			replace(L, table, s, row);
}

static void
restore_set(lua_State *L, const struct set *s)
{
	int table = lua_gettop(L);

	for (const struct bind_row *row = s->rows; row->name != NULL; row++) {
		push_replaced(L, row);
		if (lua_isnil(L, -1)) {
			lua_pop(L, 1);
			continue;
		}
		lua_setfield(L, table, row->name);
		/* the next time it may be another function */
		lua_pushlightuserdata(L, (void *)row);
		lua_pushnil(L);
		lua_rawset(L, SETS);
	}
}

/* intercept(wrap): replaces each function that is recorded by wrap(op, is, function, is_method)'s
 *   result, where that is not nil;
 * intercept(wrap, KIND): each method of the kind's handles that is recorded;
 * intercept(wrap, true): for a replay, all functions and methods but those of BIND_SAME;
 * intercept(): restores all. */
static int
l_intercept(lua_State *L)
{
	bool is_on = !lua_isnoneornil(L, 1);

	if (is_on)
		luaL_checktype(L, 1, LUA_TFUNCTION);
	lua_settop(L, SETS - 1);
	each_set(L, is_on ? replace_set : restore_set);
	return 0;
}

static const struct bind_row functions[] = {
	{ "bindings", l_bindings, BIND_SAME },
	{ "intercept", l_intercept, BIND_SAME },
	{ NULL, NULL, 0 },
};

const struct bind_file bind_intercept = { .functions = functions };
