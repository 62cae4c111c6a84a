/* node: where programs run: this machine, or one reached by SSH. */
#include "node/node.h"

#include "guard/guard.h"

static int
here_spawn(struct node *n, struct chan **out, const struct chan_spec *spec)
{
	(void)n;
	return chan_spawn(out, spec);
}

static int
here_undo(struct node *n, char *const *argv)
{
	(void)n;
	return guard_run(argv);
}

static void
here_drop(struct node *n, int id)
{
	(void)n;
	guard_drop(id);
}

static const struct node_ops here_ops = { .spawn = here_spawn,
					  .undo = here_undo,
					  .drop = here_drop };

static void
here_keep(struct res *r)
{
	(void)r;
}

static const struct res_ops here_res_ops = { .kind = "node",
					     .hard = here_keep,
					     .destroy = here_keep };

struct node *
node_here(void)
{
	static struct node here;

	if (here.ops == NULL) {
		here.ops = &here_ops;
		here.is_here = true;
		res_open(&here.res, &here_res_ops, NULL, "here", 0);
	}
	return &here;
}
