/* error: a failure as an object for Lua, { code, op, what, tail }, with a __tostring. */
#ifndef ERROR_H
#define ERROR_H

#include <lua.h>

/* Push one. `err` is a negative errno; `what` NULL: strerror's text; `tail` may be NULL. */
void error_push(lua_State *L, int err, const char *op, const char *what, const char *tail);

/* Mark the error on top: its task was cancelled. Lua reads the mark, never the text
 * (base/fail.lua). */
void error_mark_cancel(lua_State *L);

/* Push the metatable of all error objects. */
void error_push_class(lua_State *L);

#endif
