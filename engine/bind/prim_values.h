/* prim_values: a primitive's options (engine/prim/option.h) between Lua and C. */
#ifndef PRIM_VALUES_H
#define PRIM_VALUES_H

#include <lua.h>

#include "prim/prims.h"

/* Check the options in a table, as bind_check_opts: may raise. Then read them into values, which
 * prim_free() frees. Both take only the rows that C uses. */
void bind_check_values(lua_State *L, int index, struct prim *p);
void bind_fill_values(lua_State *L, int index, struct prim_values *out, struct prim *p);

/* { name, class, words, module, prompt, quit, rows = { { name, kind, unit, initial, of, needed,
 * flag, since, until, words }, ... } }: without the inner rows. */
void bind_push_prim(lua_State *L, struct prim *p);

#endif
