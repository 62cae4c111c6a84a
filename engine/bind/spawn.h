/* spawn: the options that all that starts a program on a node share. */
#ifndef SPAWN_H
#define SPAWN_H

#include "bind/bind.h"
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

/* For an options table of `type`, whose member `at` is a struct spawn_opts. */
#define SPAWN_OPTS(type, at)                                                                       \
	{ "name", OPT_STR, offsetof(type, at name), false },                                       \
		{ "quit", OPT_STR, offsetof(type, at quit), false },                               \
		{ "grace", OPT_NUM, offsetof(type, at grace), false },                             \
		{ "cwd", OPT_STR, offsetof(type, at cwd), false },                                 \
		{ "env", OPT_LIST, offsetof(type, at env), false },                                \
		{ "pipes", OPT_BOOL, offsetof(type, at pipes), false },                            \
	{                                                                                          \
		"guarded", OPT_BOOL, offsetof(type, at guarded), false                             \
	}

void bind_log_spawn(struct node *n, const char *name, const struct argv *argv);

/* Start argv on the node: a console handle is pushed, or nil and an error.
 * Returns how many. */
int bind_spawn(lua_State *L, struct node *n, struct argv *argv, const struct spawn_opts *o);

#endif
