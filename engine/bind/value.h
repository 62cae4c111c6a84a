/* value: any Lua value as JSON, to the byte. A value without a JSON form is an object of one key.
 */
#ifndef VALUE_H
#define VALUE_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define VALUE_DEPTH_MAX 64

struct writer {
	FILE *f;
	int labels;   /* where { [handle] = "console 5" } is on the stack */
	size_t limit; /* a longer text becomes size and sum */
	const void *open[VALUE_DEPTH_MAX + 2]; /* the tables around the present value */
};

/* The value at `index`: nil is null, and besides {"$bytes": text whose code points are the bytes},
 * {"$cut": [size, sum]}, {"$error": fields}, {"$handle": label}, {"$null": true}
 * (engine.json.null), {"$number": "nan" | "inf" | "-inf"}, {"$type": name} of functions and the
 * like, and of a table within itself. */
void value_put(lua_State *L, struct writer *w, int index);

/* The first `n` elements of the table at `index`, as an array. */
void value_put_list(lua_State *L, struct writer *w, int index, size_t n);

#endif
