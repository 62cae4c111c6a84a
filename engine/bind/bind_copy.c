/* bind_copy: files and folders between this machine and a node. */
#include <string.h>

#include "bind/bind.h"
#include "bind/bind_node.h"
#include "node/copy.h"

struct copy_opts {
	double timeout;
};

static const struct opt copy_spec[] = {
	{ "timeout", OPT_NUM, offsetof(struct copy_opts, timeout), false },
	OPT_END,
};

static int
push_copy(lua_State *L, void *arg, int status)
{
	struct copy *c = arg;
	int n;

	if (status < 0)
		n = bind_fail(L, status, "copy", copy_error(c), copy_tail(c));
	else
		n = bind_text(L, copy_path(c));
	res_drop(copy_res(c));
	return n;
}

static const char *
check_path(lua_State *L, int index)
{
	size_t len;
	const char *path = luaL_checklstring(L, index, &len);

	luaL_argcheck(L, len > 0 && strlen(path) == len, index,
		      "a path is not empty and has no NUL");
	return path;
}

/* node:push(from, to, { timeout }) or pull → the copy's path */
static int
copy(lua_State *L, bool is_push)
{
	struct node *n = bind_open(L, 1, &bind_node_kind);
	struct copy_place here = { node_here(), check_path(L, is_push ? 2 : 3) };
	struct copy_place there = { n, check_path(L, is_push ? 3 : 2) };
	struct copy_opts o = { .timeout = 120 };
	struct copy *c;
	struct wait *w;
	int rc;

	bind_opts(L, 4, is_push ? "push" : "pull", copy_spec, &o);
	/* the copy is the wait's argument, and only known once it has started */
	w = task_wait(L, push_copy, NULL);
	rc = copy_start(&c, scope_root(), is_push ? &here : &there, is_push ? &there : &here,
			o.timeout, w);
	if (rc < 0)
		return bind_fail(L, rc, "copy", NULL, NULL);
	task_wait(L, push_copy, c);
	return task_park(L);
}

int
l_node_push(lua_State *L)
{
	return copy(L, true);
}

int
l_node_pull(lua_State *L)
{
	return copy(L, false);
}
