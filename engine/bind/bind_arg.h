/* bind_arg: arguments of bindings: numbers in their range, lists, tables of options. */
#ifndef BIND_ARG_H
#define BIND_ARG_H

#include <lua.h>
#include <stdint.h>

#include "core/buf.h"

/* What was given, in words: "nothing", "a number (5)". Lua's: it may be on the stack. */
const char *bind_given(lua_State *L, int index);

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

/* An array of strings: is it one; raise unless it is. */
bool bind_is_list(lua_State *L, int index);
void bind_check_list(lua_State *L, int index, const char *what);
/* Push an empty argv, or one of an array of strings: Lua's, which frees it. */
struct argv *bind_argv(lua_State *L);
struct argv *bind_list(lua_State *L, int index, const char *what);

/* Variables: { NAME = "value" } or { "NAME=value" }, or both; `what` names them in errors. An argv
 * as above, of NAME=value. */
struct argv *bind_env(lua_State *L, int index, const char *what);

/* Options: a table whose keys are all known. */
enum opt_type { OPT_STR, OPT_INT, OPT_NUM, OPT_MARK, OPT_BOOL, OPT_LIST, OPT_ENV };
struct opt {
	const char *name;
	enum opt_type type;
	size_t offset; /* const char *, int, double (seconds, or a mark), bool, char *const * */
	bool required;
};
/* releases of clang-format differ here */
/* clang-format off */
#define OPT_END { NULL, OPT_STR, 0, false }
/* clang-format on */

/* Raises for others; `of`: what takes them, for errors. The rows have no offsets. */
void bind_check_opts(lua_State *L, int index, const char *of, const struct opt *opts);
/* The same, into `out`; nothing stands for an empty table. Absent keys leave `out` as it is. Texts
 * and lists stay Lua's: they are good while the table and the stack above it stay. */
void bind_opts(lua_State *L, int index, const char *of, const struct opt *opts, void *out);

#endif
