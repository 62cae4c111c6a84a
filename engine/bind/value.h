/* value: any Lua value as JSON, to the byte: what JSON has no form for is an object of one key. */
#ifndef VALUE_H
#define VALUE_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define VALUE_DEPTH_MAX 64

struct writer {
	FILE *f;
	int labels;       /* where { [handle] = "console 5" } is on the stack */
	bool is_argument; /* a long text becomes size and sum; in results only one that is no UTF-8
			   */
	const void *open[VALUE_DEPTH_MAX + 2]; /* the tables that what is written stands in */
};

/* The value at `index`: nil is null, and besides {"$bytes": text whose code points are the bytes},
 * {"$cut": [size, sum]}, {"$error": fields}, {"$handle": label}, {"$null": true}
 * (engine.json.null),
 * {"$number": "nan" | "inf" | "-inf"}, {"$type": name} of what has no value, and of a
 * table within itself. */
void value_put(lua_State *L, struct writer *w, int index);

/* The first `n` elements of the table at `index`, as an array. */
void value_put_list(lua_State *L, struct writer *w, int index, size_t n);

#endif
