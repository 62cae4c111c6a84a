/* bind: what all Lua bindings share: handles, options, errors. */
#ifndef BIND_H
#define BIND_H

#include <lauxlib.h>
#include <lua.h>
#include <stdint.h>

#include "bind/bind_rows.h"
#include "core/buf.h"
#include "core/scope.h"
#include "core/task.h"

/* A class of userdata, for luaL_checkudata: its metatable has these methods, and its kind's name as
 * __kind; an unknown method is an error. `gc` may be NULL. */
void bind_class(lua_State *L, const char *kind, const struct bind_row *methods, lua_CFunction gc);

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

/* What was given, in words: "nothing", "a number (5)". Lua's: it may be on the stack. */
const char *bind_given(lua_State *L, int index);

/* Options: a table whose keys are all known. Two passes: the first may raise and
 * allocates nothing, the second fills `out` and cannot raise. */
enum opt_type { OPT_STR, OPT_INT, OPT_NUM, OPT_BOOL, OPT_LIST };
struct opt {
	const char *name;
	enum opt_type type;
	size_t offset; /* const char *, int, double (seconds), bool, struct argv */
	bool required;
};
#define OPT_END                                                                                    \
	{                                                                                          \
		NULL, OPT_STR, 0, false                                                            \
	}

void bind_check_opts(lua_State *L, int index, const char *who, const struct opt *opts);
/* Absent keys leave `out` as it is. Strings stay Lua's: keep the table on the stack. */
void bind_fill_opts(lua_State *L, int index, const struct opt *opts, void *out);
void bind_free_opts(const struct opt *opts, void *out);

/* An array of strings at index into argv; raises first when it is none. */
void bind_check_list(lua_State *L, int index, const char *what);
void bind_fill_list(lua_State *L, int index, struct argv *out);

/* nil and an error object: { code, op, what, tail }. `err` is a negative errno;
 * `what` NULL: the errno's own words. Returns 2. */
int bind_fail(lua_State *L, int err, const char *op, const char *what, const char *tail);

/* Raise "... has no NAME (did you mean ...?)". `names` ends with NULL. */
int bind_unknown(lua_State *L, const char *what, const char *name, const char *const *names);

/* The largest up to which a Lua number has each whole number. */
#define WHOLE_MAX 9007199254740992.0

/* The argument at index as a whole number of min to max, which `name` names where it is none:
 * raises for other types, fractions, NaN and what is out of range. The second: `otherwise` for nil.
 */
int64_t bind_whole(lua_State *L, int index, const char *name, double min, double max);
int64_t bind_opt_whole(lua_State *L, int index, const char *name, int64_t otherwise, double min,
		       double max);
/* Is there such a number? Never raises. */
bool bind_is_whole(lua_State *L, int index, double min, double max);

#define BIND_SECONDS_WORDS "seconds, 0 to 1000000"
bool bind_is_seconds(lua_State *L, int index);
double bind_seconds(lua_State *L, int index, double otherwise);

/* Each registers its functions into the table on top. */
void bind_core(lua_State *L);
void bind_json(lua_State *L);
void bind_fs(lua_State *L);
void bind_console(lua_State *L);
void bind_node(lua_State *L);
void bind_prim(lua_State *L);
void bind_qmp(lua_State *L);
void bind_stats(lua_State *L);
void bind_line(lua_State *L);
void bind_attach(lua_State *L);
void bind_mem(lua_State *L);
void bind_watch(lua_State *L);
void bind_recorder(lua_State *L);
void bind_gate(lua_State *L);
void bind_handle(lua_State *L);
void bind_lua(lua_State *L);

int luaopen_engine(lua_State *L);

/* JSON between Lua and jansson. Push; the value below converts, NULL with a
 * message pushed when it has no JSON form. */
struct json_t;
void bind_push_json(lua_State *L, const struct json_t *value);
struct json_t *bind_to_json(lua_State *L, int index);

/* Sets `code` or `signal` ("SIGKILL") of the table on top, as a process ended. */
struct chan_exit;
void bind_set_exit(lua_State *L, const struct chan_exit *e);

extern const struct bind_kind bind_console_kind;
extern const struct bind_kind bind_node_kind;

#endif
