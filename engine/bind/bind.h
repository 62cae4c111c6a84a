/* bind: what all Lua bindings share: handles, results, errors. */
#ifndef BIND_H
#define BIND_H

#include <lauxlib.h>
#include <lua.h>
#include <stdint.h>

#include "bind/bind_arg.h"
#include "bind/bind_rows.h"
#include "core/scope.h"
#include "core/task.h"

/* A class of userdata, for luaL_checkudata: its metatable has these methods, and its kind's name as
 * __kind; an unknown method is an error. `gc` may be NULL. */
void bind_class(lua_State *L, const char *kind, const struct bind_row *methods, lua_CFunction gc);

/* Push a new userdata of a class, all zeros. */
void *bind_new(lua_State *L, const char *kind, size_t size);

/* A kind of handle: userdata that holds a resource. */
struct bind_kind {
	const char *name;
	const struct bind_row *methods;
};

void bind_kind(lua_State *L, const struct bind_kind *k);

/* Push a handle; takes a hold of its own. */
void bind_push(lua_State *L, const struct bind_kind *k, struct res *r);

/* The resource behind a handle; raises for anything else. bind_open raises for
 * one that is closed, too. */
void *bind_check(lua_State *L, int index, const struct bind_kind *k);
void *bind_open(lua_State *L, int index, const struct bind_kind *k);

/* Close it, the soft way, and park until it is closed: true, or nil and an error. */
int bind_close(lua_State *L, struct res *r, double seconds);

extern const struct bind_kind bind_console_kind, bind_node_kind;

/* nil and an error object: { code, op, what, tail }. `err` is a negative errno;
 * `what` NULL: the errno's own words. Returns 2. */
int bind_fail(lua_State *L, int err, const char *op, const char *what, const char *tail);
/* The same, with "PATH: the errno's own words". */
int bind_fail_path(lua_State *L, int err, const char *op, const char *path);
/* 0 or a negative errno as true, or nil and an error: `late` (may be NULL) after a deadline. */
int bind_answer(lua_State *L, int rc, const char *op, const char *late);
int bind_true(lua_State *L); /* Pushes true. Returns 1. */

/* Raise "WHAT "NAME" (did you mean ...?)", out of the names in the table on top. */
int bind_unknown(lua_State *L, const char *what, const char *name);

/* Set a field of the table on top. A text that is NULL is none. */
void bind_set_text(lua_State *L, const char *key, const char *text);
void bind_set_number(lua_State *L, const char *key, double number);
void bind_set_bool(lua_State *L, const char *key, bool is);
/* Sets `code` or `signal` ("SIGKILL"), as a process exited. */
struct chan_exit;
void bind_set_exit(lua_State *L, const struct chan_exit *e);

/* JSON between Lua and jansson. Push; the value at an index converts, NULL with a
 * message pushed when it has no JSON form. */
struct json_t;
void bind_push_json(lua_State *L, const struct json_t *value);
struct json_t *bind_to_json(lua_State *L, int index);
/* Has the table at `index` the keys 1 to n, and no others? False for an empty one without
 * engine.json.array's mark. */
bool bind_is_array(lua_State *L, int index);

/* Each registers what its file has into the table on top. */
typedef void bind_file(lua_State *L);
bind_file bind_attach, bind_console, bind_error, bind_event, bind_fs, bind_intercept, bind_handle,
	bind_json, bind_line, bind_log, bind_lua, bind_mem, bind_node, bind_prim, bind_qmp,
	bind_recorder, bind_scope, bind_stats, bind_sys, bind_task, bind_watch;

int luaopen_engine(lua_State *L);

#endif
