/* node: where things run: this machine, or one reached by SSH. */
#ifndef NODE_H
#define NODE_H

#include "../core/scope.h"
#include "chan.h"

struct node;

struct node_ops {
	/* As chan_spawn. On a node that is not there yet or has gone: -ENOTCONN.
	 * A remote start that fails is told by the channel's end. */
	int (*spawn)(struct node *n, struct chan **out, const struct chan_spec *spec);
};

/* A node is a resource (its SSH session is owned); this machine's never closes. */
struct node {
	struct res res;
	const struct node_ops *ops;
	bool is_here;
};

struct node *node_here(void);

#endif
