/* bind_spawn: a program that is started on a node, at a console. */
#ifndef BIND_SPAWN_H
#define BIND_SPAWN_H

#include <lua.h>

#include "core/buf.h"
#include "node/node.h"

struct spawn_opts {
	const char *name; /* of the console and its transcript */
	const char *quit; /* typed to end it; NULL: SIGTERM */
	double grace;     /* seconds from there to SIGKILL */
	const char *cwd;
	struct argv env;
	bool pipes;   /* no pty */
	int keep;     /* a descriptor that stays open in it; 0: none */
	bool guarded; /* its guard ends it: SIGUSR1 instead of SIGKILL */
};

#define BIND_NO_PROGRAM "%s is not there: install it, or name it with its path"

/* Raises for options at index that are none of those; the last argument's index. */
void bind_check_spawn(lua_State *L, int index, const char *of);

/* Start argv on the node, with `o` and the options at index: pushes a console handle, or nil and an
 * error. Frees argv. Returns how many. */
int bind_spawn(lua_State *L, struct node *n, int index, struct argv *argv, struct spawn_opts *o);

#endif
