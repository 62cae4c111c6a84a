/* bind_rows: the bindings as rows: registered here, called through here, listed for Lua. */
#ifndef BIND_ROWS_H
#define BIND_ROWS_H

#include <lua.h>
#include <stdbool.h>

/* How a binding is recorded (lib/recorder/recorder.lua) and replayed
 * (lib/replay/replay_engine.lua).
 */
enum bind_how {
	BIND_WAIT = 1, /* it waits: recorded; a replay must ask for the same in the same order */
	BIND_ACT,      /* it does something at once: as BIND_WAIT */
	BIND_READ,     /* it only reads: recorded; a replay may read more often, or less */
	BIND_EFFECT,   /* it does our own housekeeping: as BIND_READ */
	BIND_TAKE,     /* it reads on, and never returns the same twice: recorded; a replay may take
			  less */
	BIND_RARE,     /* as BIND_READ, recorded only where it returns something */
	BIND_PUT,      /* it writes: recorded only where it fails; a replay writes nothing */
	BIND_IDLE,     /* not recorded; a replay does nothing */
	BIND_PERSON,   /* as BIND_IDLE, and it waits: for a person, or in place of one */
	BIND_SAME,     /* not recorded; a replay calls it: its result is its arguments' alone */
};
#define BIND_HOW         0xfu
#define BIND_FIRST_SHIFT 4
/* or-ed to it: so many arguments must be the same in a replay; without it all */
#define BIND_FIRST(n) ((unsigned)((n) + 1) << BIND_FIRST_SHIFT)

/* A binding. The last of an array has no name. `fn` NULL: Lua's own, in the table already. */
struct bind_row {
	const char *name;
	lua_CFunction fn;
	unsigned how;
};

enum bind_style {
	BIND_FUNCTIONS, /* into the table at once */
	BIND_METHODS,   /* as BIND_FUNCTIONS; OF is the kind of their first argument */
};

/* Register rows in the table on top, as OF.NAME. Keeps pointers to both. */
void bind_rows(lua_State *L, const char *of, const struct bind_row *rows, enum bind_style style);

#endif
