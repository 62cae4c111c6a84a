/* bind_node: nodes, and what runs on them. */
#include <errno.h>

#include "bind/bind.h"
#include "bind/bind_spawn.h"
#include "node/run.h"
#include "node/ssh.h"

/* ---- run: to its end, output captured ---- */

struct run_opts {
	double timeout;
	const char *input;
	const char *cwd;
	struct argv env;
};

static const struct opt run_spec[] = {
	{ "timeout", OPT_NUM, offsetof(struct run_opts, timeout), false },
	{ "input", OPT_STR, offsetof(struct run_opts, input), false },
	{ "cwd", OPT_STR, offsetof(struct run_opts, cwd), false },
	{ "env", OPT_LIST, offsetof(struct run_opts, env), false },
	OPT_END,
};

struct running {
	struct run *run;
	struct node *node;
	char *program;
	double seconds;
};

static int
fail_run(lua_State *L, int err, const char *program, double seconds, const char *tail)
{
	if (err == -ENOENT)
		lua_pushfstring(L, BIND_NO_PROGRAM, program);
	else if (err == -ETIMEDOUT)
		lua_pushfstring(L, "%s did not exit in %f s and was killed", program, seconds);
	else
		lua_pushfstring(L, "%s: %s", program,
				err == -ECANCELED ? "interrupted" : strerror(-err));
	return bind_fail(L, err, "run", lua_tostring(L, -1), tail);
}

static int
push_run(lua_State *L, void *arg, int status)
{
	struct running *r = arg;
	const struct buf *out = &r->run->out, *err = &r->run->err;
	int n = 1;

	if (status < 0) {
		n = fail_run(L, status, r->program, r->seconds,
			     err->len > 0 ? err->data : out->data);
	} else {
		lua_createtable(L, 0, 4);
		lua_pushlstring(L, out->data, out->len);
		lua_setfield(L, -2, "out");
		lua_pushlstring(L, err->data, err->len);
		lua_setfield(L, -2, "err");
		bind_set_exit(L, &r->run->exit);
	}
	res_drop(&r->run->res);
	res_drop(&r->node->res);
	free(r->program);
	free(r);
	return n;
}

/* The words of a program at index 2; `what` names them in errors. */
static void
check_program(lua_State *L, const char *what)
{
	bind_check_list(L, 2, what);
	if (lua_objlen(L, 2) == 0)
		luaL_error(L, "%s is empty", what);
}

/* node:run(argv, { timeout, input, cwd, env }) → { code, signal, out, err } */
static int
l_node_run(lua_State *L)
{
	struct node *n = bind_open(L, 1, &bind_node_kind);
	struct run_opts o = { .timeout = 30 };
	struct argv argv = { 0 };
	struct chan_spec spec = { 0 };
	struct running *r;
	struct wait *w;
	size_t input_len = 0;
	int rc;

	check_program(L, "what to run");
	bind_optional_opts(L, 3, "run", run_spec);
	task_check(L);
	bind_fill_opts(L, 3, run_spec, &o);
	bind_fill_list(L, 2, &argv);
	if (o.input != NULL) {
		lua_getfield(L, 3, "input");
		input_len = lua_objlen(L, -1);
	}
	spec.argv = argv.v;
	spec.env = o.env.v;
	spec.cwd = o.cwd;
	r = xcalloc(1, sizeof(*r));
	r->seconds = o.timeout;
	r->program = xstrdup(argv.v[0]);
	r->node = n;
	w = task_wait(L, push_run, r);
	rc = run_start(&r->run, scope_root(), n, &spec, o.input, input_len, o.timeout, w);
	argv_free(&argv);
	bind_free_opts(run_spec, &o);
	if (rc == 0) {
		res_hold(&n->res);
		return task_park(L);
	}
	fail_run(L, rc, r->program, 0, NULL);
	free(r->program);
	free(r);
	return 2;
}

/* node:spawn(argv, { name, quit, grace, cwd, env, pipes }) → console */
static int
l_node_spawn(lua_State *L)
{
	struct node *n = bind_open(L, 1, &bind_node_kind);
	struct spawn_opts o = { .name = "console", .grace = 5 };
	struct argv argv = { 0 };

	check_program(L, "what to start");
	bind_check_spawn(L, 3, "spawn");
	bind_fill_list(L, 2, &argv);
	return bind_spawn(L, n, 3, &argv, &o);
}

/* ---- nodes ---- */

static int
l_here(lua_State *L)
{
	bind_push(L, &bind_node_kind, &node_here()->res);
	return 1;
}

struct ssh_lua_opts {
	const char *name;
	struct ssh_opts ssh;
	double timeout;
};

static const struct opt ssh_spec[] = {
	{ "name", OPT_STR, offsetof(struct ssh_lua_opts, name), true },
	{ "host", OPT_STR, offsetof(struct ssh_lua_opts, ssh.host), true },
	{ "port", OPT_INT, offsetof(struct ssh_lua_opts, ssh.port), false },
	{ "user", OPT_STR, offsetof(struct ssh_lua_opts, ssh.user), false },
	{ "key", OPT_STR, offsetof(struct ssh_lua_opts, ssh.key), true },
	{ "host_key", OPT_STR, offsetof(struct ssh_lua_opts, ssh.host_key), true },
	{ "timeout", OPT_NUM, offsetof(struct ssh_lua_opts, timeout), false },
	OPT_END,
};

static int
push_ssh(lua_State *L, void *arg, int status)
{
	struct node *n = arg;
	int count = 1;

	if (status < 0) {
		count = bind_fail(L, status, "ssh", ssh_node_error(n), NULL);
		res_harden(&n->res);
	} else {
		bind_push(L, &bind_node_kind, &n->res);
	}
	res_drop(&n->res);
	return count;
}

/* ssh{ name, host, port, user, key, host_key, timeout } → node */
static int
l_ssh(lua_State *L)
{
	struct ssh_lua_opts o = { .ssh = { .port = 22, .user = "root" }, .timeout = 20 };
	struct node *n = NULL;
	struct wait *w;
	int rc;

	bind_check_opts(L, 1, "ssh", ssh_spec);
	bind_fill_opts(L, 1, ssh_spec, &o);
	/* the node is the wait's argument, and only known once it is open */
	w = task_wait(L, push_ssh, NULL);
	rc = ssh_node_open(&n, scope_root(), o.name, &o.ssh, o.timeout, w);
	if (rc < 0)
		return bind_fail(L, rc, "ssh", NULL, NULL);
	task_wait(L, push_ssh, n);
	n->res.detached = true;
	res_hold(&n->res);
	return task_park(L);
}

static int
l_node_name(lua_State *L)
{
	struct node *n = bind_check(L, 1, &bind_node_kind);

	lua_pushstring(L, n->res.name);
	return 1;
}

static int
l_node_is_here(lua_State *L)
{
	struct node *n = bind_check(L, 1, &bind_node_kind);

	lua_pushboolean(L, n->is_here);
	return 1;
}

/* node:undo(argv): runs it there when this process is gone, however it ended. Here the guard does
 * it; a node does it itself at the end of its session. Call it before the act that it undoes. False
 * where it cannot be done. */
static int
l_node_undo(lua_State *L)
{
	struct node *n = bind_open(L, 1, &bind_node_kind);
	struct argv argv = { 0 };

	bind_check_list(L, 2, "what to undo it with");
	bind_fill_list(L, 2, &argv);
	lua_pushboolean(L, argv.n > 0 && n->ops->undo(n, argv.v) > 0);
	argv_free(&argv);
	return 1;
}

static int
l_node_close(lua_State *L)
{
	struct node *n = bind_check(L, 1, &bind_node_kind);

	return n->is_here ? 0 : bind_close(L, &n->res, 10);
}

static const struct bind_row methods[] = {
	{ "run", l_node_run, BIND_WAIT },
	{ "spawn", l_node_spawn, BIND_ACT },
	{ "name", l_node_name, BIND_READ },
	{ "is_here", l_node_is_here, BIND_READ },
	{ "undo", l_node_undo, BIND_EFFECT },
	{ "close", l_node_close, BIND_WAIT },
	{ NULL, NULL, 0 },
};

const struct bind_kind bind_node_kind = { .name = "node", .methods = methods };

static const struct bind_row functions[] = {
	{ "here", l_here, BIND_READ },
	{ "ssh", l_ssh, BIND_WAIT },
	{ NULL, NULL, 0 },
};

const struct bind_file bind_node = { .functions = functions, .kinds = { &bind_node_kind } };
