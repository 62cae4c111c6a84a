/* bind_node: nodes as Lua handles, and programs that are started there at a console. */
#ifndef BIND_NODE_H
#define BIND_NODE_H

#include <lua.h>

#include "node/node.h"

struct spawn_opts {
	const char *name; /* of the console and its transcript */
	const char *quit; /* typed to end it; NULL: SIGTERM */
	double grace;     /* seconds from there to SIGKILL */
	const char *cwd;
	char *const *env;
	bool pipes;   /* no pty */
	int keep;     /* a descriptor that stays open in it; 0: none */
	bool guarded; /* its guard ends it: SIGUSR1 instead of SIGKILL */
	bool tested;  /* under test: on this machine it leaves a core, unless it has a cwd */
};

/* The options at index, as bind_opts: all but keep. */
void bind_spawn_opts(lua_State *L, int index, const char *of, struct spawn_opts *o);

/* Start argv on the node: pushes a console handle, or nil and an error. Returns how many. */
int bind_spawn(lua_State *L, struct node *n, char *const *argv, const struct spawn_opts *o);

/* Where programs under test have folders for their cores: in scratch(); NULL without one. */
const char *bind_cores(void);

/* node:push and node:pull (bind_copy.c). */
int l_node_push(lua_State *L);
int l_node_pull(lua_State *L);

#endif
