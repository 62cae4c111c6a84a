/* node: where programs run: this machine, or one reached by SSH. */
#ifndef NODE_H
#define NODE_H

#include "chan/chan.h"
#include "core/scope.h"

struct node;

struct node_ops {
	/* As chan_spawn. -ENOTCONN before the login and behind the session's end. The channel's end
	 * reports a remote start that fails. */
	int (*spawn)(struct node *n, struct chan **out, const struct chan_spec *spec);
	/* Register how to undo an action, before it is done: the guard here, or the remote node,
	 * runs argv once we have ended, also by a signal. An id for drop; 0: it will not run. */
	int (*undo)(struct node *n, char *const *argv);
	void (*drop)(struct node *n, int id);
};

/* A node is a resource (its SSH session is owned); this machine's never closes. */
struct node {
	struct res res;
	const struct node_ops *ops;
	bool is_here;
	bool is_gone; /* its session has ended: nothing can be started there any more */
};

struct node *node_here(void);

#endif
