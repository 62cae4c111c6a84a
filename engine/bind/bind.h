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

/* A kind of userdata: its metatable has these methods, and the name as __kind; an unknown method is
 * an error. Without `gc` it is a handle of a resource, unless it is plain. */
struct bind_kind {
	const char *name;
	const struct bind_row *methods;
	lua_CFunction gc;
	bool is_plain;
};

void bind_kind(lua_State *L, const struct bind_kind *k);

/* Push a new userdata of a kind, all zeros. */
void *bind_new(lua_State *L, const char *kind, size_t size);

/* Push a handle; takes a hold of its own. Returns 1. */
int bind_push(lua_State *L, const struct bind_kind *k, struct res *r);

/* The resource behind a handle; raises for others. bind_open raises for one that is closed, too. */
void *bind_check(lua_State *L, int index, const struct bind_kind *k);
void *bind_open(lua_State *L, int index, const struct bind_kind *k);

/* Close it, the soft way, and park until it is closed: true, or nil and an error. Its handle is at
 * index 1. */
int bind_close(lua_State *L, struct res *r, double seconds);

extern const struct bind_kind bind_console_kind, bind_node_kind;

/* nil and an error object: { code, op, what, tail }. `err` is a negative errno;
 * `what` NULL: the errno's own words. Returns 2. */
int bind_fail(lua_State *L, int err, const char *op, const char *what, const char *tail);
/* The same, with "PATH: the errno's own words". */
int bind_fail_path(lua_State *L, int err, const char *op, const char *path);
/* 0 or a negative errno as true, or nil and an error: `late` (may be NULL) after a deadline. */
int bind_answer(lua_State *L, int rc, const char *op, const char *late);
/* Push one value. They return 1. */
int bind_bool(lua_State *L, bool is);
int bind_number(lua_State *L, double number);
int bind_text(lua_State *L, const char *text);

/* Raise "WHAT "NAME" (did you mean ...?)", out of the names in the table on top. */
int bind_unknown(lua_State *L, const char *what, const char *name);

/* Set a field of the table on top. A text that is NULL is none. */
void bind_set_text(lua_State *L, const char *key, const char *text);
void bind_set_number(lua_State *L, const char *key, double number);
void bind_set_bool(lua_State *L, const char *key, bool is);
/* Sets `code` or `signal` ("SIGKILL"), as a process exited. */
struct chan_exit;
void bind_set_exit(lua_State *L, const struct chan_exit *e);

/* JSON between Lua and jansson. The second: a table, or NULL for nothing; raises for others, and
 * names `what` where the table has no JSON form. */
struct json_t;
void bind_push_json(lua_State *L, const struct json_t *value);
struct json_t *bind_opt_json(lua_State *L, int index, const char *what);
/* Has the table only the keys 1 to n? An empty one needs engine.json.array's mark. */
bool bind_is_array(lua_State *L, int index);

/* A number that does not fit (core/json.h), as Lua sees it: bind_unfit.c. Push it; set it as a
 * field of the table on top; the text of one, or of its field where it is the key, NULL for other
 * values. */
void bind_push_unfit(lua_State *L, const char *field, const char *text);
void bind_set_unfit(lua_State *L, const char *field, const char *text);
const char *bind_unfit_text(lua_State *L, int index);

/* What a file of bindings has. */
struct bind_file {
	const struct bind_row *functions;
	const char *in; /* "fs": functions of engine.fs; NULL: of engine */
	const struct bind_kind *kinds[2];
	void (*more)(lua_State *L); /* called with their table on top */
};
extern const struct bind_file bind_attach, bind_client, bind_console, bind_fs, bind_handle,
	bind_intercept, bind_json, bind_line, bind_log, bind_lua, bind_mem, bind_node, bind_prim,
	bind_recorder, bind_result, bind_scope, bind_sys, bind_task, bind_unfit, bind_watch;

int luaopen_engine(lua_State *L);

#endif
