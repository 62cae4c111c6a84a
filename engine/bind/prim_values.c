/* prim_values: a primitive's options between Lua and C. */
#include "bind/prim_values.h"

#include <stdio.h>

#include "bind/bind.h"

/* ---- from Lua ---- */

static const struct {
	const char *kinds; /* of lib/base/kind.lua */
	enum opt_type type;
} basic[] = {
	{ " boolean ", OPT_BOOL },
	{ " whole count port ", OPT_INT },
	{ " number span seconds ", OPT_NUM },
	{ " words table vdevs ports ", OPT_LIST },
};

/* The type of a value in C. Of several kinds Lua makes the last. */
static enum opt_type
type_of(const char *kind)
{
	const char *last = strrchr(kind, '|');
	char word[32];

	snprintf(word, sizeof(word), " %s ", last != NULL ? last + 1 : kind);
	for (size_t i = 0; i < sizeof(basic) / sizeof(basic[0]); i++)
		if (strstr(basic[i].kinds, word) != NULL)
			return basic[i].type;
	return OPT_STR;
}

static bool
is_word_of(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list; (at = strstr(at, word)) != NULL && len > 0; at += len)
		if ((at == list || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
	return false;
}

/* The other rows are only for Lua. */
static bool
is_taken(const struct prim_option *o)
{
	return o->name != NULL && o->flag != NULL;
}

void
bind_check_values(lua_State *L, int index, struct prim *p)
{
	struct opt opts[PRIM_ROWS + 1], *next = opts;

	prim_make(p);
	for (const struct prim_option *o = p->rows; o < p->rows + p->n; o++)
		if (is_taken(o))
			*next++ = (struct opt){ o->name, type_of(o->kind), 0, o->needed };
	*next = (struct opt)OPT_END;
	bind_check_opts(L, index, p->name, opts);
	for (const struct prim_option *o = p->rows; o < p->rows + p->n; o++) {
		if (!is_taken(o) || o->of == NULL)
			continue;
		lua_getfield(L, index, o->name);
		if (!lua_isnil(L, -1) && !is_word_of(o->of, lua_tostring(L, -1)))
			luaL_error(L, "%s: option \"%s\": expected one of %s, got %s", p->name,
				   o->name, o->of, bind_given(L, lua_gettop(L)));
		lua_pop(L, 1);
	}
}

/* The value on top. */
static void
fill_value(lua_State *L, struct prim_values *out, const char *name)
{
	switch (lua_type(L, -1)) {
	case LUA_TNIL:
		return;
	case LUA_TBOOLEAN:
		prim_set_bool(out, name, lua_toboolean(L, -1));
		return;
	case LUA_TNUMBER:
		prim_set_number(out, name, lua_tonumber(L, -1));
		return;
	case LUA_TSTRING:
		prim_set(out, name, lua_tostring(L, -1));
		return;
	default:
		for (size_t i = 1, n = lua_objlen(L, -1); i <= n; i++) {
			lua_rawgeti(L, -1, (int)i);
			prim_add(out, name, lua_tostring(L, -1));
			lua_pop(L, 1);
		}
	}
}

void
bind_fill_values(lua_State *L, int index, struct prim_values *out, struct prim *p)
{
	prim_init(out, p);
	for (const struct prim_option *o = p->rows; o < p->rows + p->n; o++) {
		if (!is_taken(o))
			continue;
		lua_getfield(L, index, o->name);
		fill_value(L, out, o->name);
		lua_pop(L, 1);
	}
}

/* ---- to Lua ---- */

struct text {
	const char *key;
	size_t offset;
};

/* Sets a field of the table on top for each text of a struct that is not NULL. */
static void
set_texts(lua_State *L, const struct text *texts, const void *of)
{
	for (; texts->key != NULL; texts++) {
		const char *text = *(const char *const *)((const char *)of + texts->offset);

		if (text == NULL)
			continue;
		lua_pushstring(L, text);
		lua_setfield(L, -2, texts->key);
	}
}

/* releases of clang-format differ here */
/* clang-format off */
#define ROW(field)  { #field, offsetof(struct prim_option, field) }
#define PRIM(field) { #field, offsetof(struct prim, field) }
/* clang-format on */

static const struct text row_texts[] = {
	ROW(name), ROW(kind),  ROW(unit),  ROW(initial), ROW(of),
	ROW(flag), ROW(since), ROW(until), ROW(words),   { NULL, 0 },
};
static const struct text prim_texts[] = {
	PRIM(name), PRIM(class), PRIM(words), PRIM(module), PRIM(prompt), PRIM(quit), { NULL, 0 },
};

/* Pushes the table of a primitive's options, in their order. */
static void
push_rows(lua_State *L, struct prim *p)
{
	int n = 0;

	prim_make(p);
	lua_newtable(L);
	for (size_t i = 0; i < p->n_parts; i++) {
		if (p->rows[i].name == NULL)
			continue;
		lua_newtable(L);
		set_texts(L, row_texts, &p->rows[i]);
		lua_pushboolean(L, p->rows[i].needed);
		lua_setfield(L, -2, "needed");
		lua_rawseti(L, -2, ++n);
	}
}

/* __index of a primitive's table */
static int
l_prim_index(lua_State *L)
{
	if (strcmp(luaL_checkstring(L, 2), "rows") != 0)
		return 0;
	push_rows(L, lua_touserdata(L, lua_upvalueindex(1)));
	lua_pushvalue(L, -1);
	lua_setfield(L, 1, "rows");
	return 1;
}

void
bind_push_prim(lua_State *L, struct prim *p)
{
	lua_newtable(L);
	set_texts(L, prim_texts, p);
	/* a run of nothing needs no rows */
	lua_createtable(L, 0, 1);
	lua_pushlightuserdata(L, p);
	lua_pushcclosure(L, l_prim_index, 1);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2);
}
