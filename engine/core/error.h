/* error: an error of the world as an object for Lua, { code, op, what, tail }, that prints well. */
#ifndef ERROR_H
#define ERROR_H

#include <lua.h>

/* Push one. `err` is a negative errno; `what` NULL: the errno's own words; `tail` may be NULL. */
void error_push(lua_State *L, int err, const char *op, const char *what, const char *tail);

/* Mark the error on top: its task was cancelled. Lua reads the mark, never the words
 * (base/fail.lua). */
void error_mark_cancel(lua_State *L);

/* Push the metatable that all of them have. */
void error_push_class(lua_State *L);

#endif
