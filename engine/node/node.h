/* node: where things run: this machine, or one reached by SSH. */
#ifndef NODE_H
#define NODE_H

#include "chan/chan.h"
#include "core/scope.h"

struct node;

struct node_ops {
	/* As chan_spawn. On a node that is not there yet or has gone: -ENOTCONN.
	 * A remote start that fails is told by the channel's end. */
	int (*spawn)(struct node *n, struct chan **out, const struct chan_spec *spec);
	/* Say how to undo a thing there, before doing it: argv is run once we are
	 * gone, however we went, by the guard here, by the node itself there. An id
	 * for drop, or 0 where nobody will. */
	int (*undo)(struct node *n, char *const *argv);
	void (*drop)(struct node *n, int id);
};

/* A node is a resource (its SSH session is owned); this machine's never closes. */
struct node {
	struct res res;
	const struct node_ops *ops;
	bool is_here;
};

struct node *node_here(void);

#endif
