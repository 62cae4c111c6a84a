/* bind_node: nodes, and what runs on them. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "bind/bind.h"
#include "bind/spawn.h"
#include "console/console.h"
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
		lua_pushfstring(L, "%s is not there: install it, or name it with its path",
				program);
	else if (err == -ETIMEDOUT)
		lua_pushfstring(L, "%s did not end in %f s and was killed", program, seconds);
	else
		lua_pushfstring(L, "%s: %s", program,
				err == -ECANCELED ? "interrupted" : strerror(-err));
	return bind_fail(L, err, "run", lua_tostring(L, -1), tail);
}

static int
push_run(lua_State *L, void *arg, int status)
{
	struct running *r = arg;
	const struct buf *out = run_out(r->run), *err = run_err(r->run);
	int n = 1;

	if (status < 0) {
		n = fail_run(L, status, r->program, r->seconds,
			     err->len > 0 ? err->data : out->data);
	} else {
		const struct chan_exit *e = run_exit(r->run);

		lua_createtable(L, 0, 4);
		lua_pushlstring(L, out->data, out->len);
		lua_setfield(L, -2, "out");
		lua_pushlstring(L, err->data, err->len);
		lua_setfield(L, -2, "err");
		bind_set_exit(L, e);
	}
	run_drop(r->run);
	res_drop(&r->node->res);
	free(r->program);
	free(r);
	return n;
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

	bind_check_list(L, 2, "what to run");
	if (lua_objlen(L, 2) == 0)
		return luaL_error(L, "what to run is empty");
	if (lua_isnoneornil(L, 3)) {
		lua_settop(L, 2);
		lua_newtable(L);
	}
	bind_check_opts(L, 3, "run", run_spec);
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

/* ---- spawn: a console ---- */

int
bind_spawn(lua_State *L, struct node *n, struct argv *argv, const struct spawn_opts *o)
{
	struct chan_spec spec = {
		.argv = argv->v, .env = o->env.v, .cwd = o->cwd, .pty = !o->pipes, .keep = o->keep
	};
	struct console_end end = { .line = o->quit,
				   .signal = o->quit == NULL ? SIGTERM : 0,
				   .grace = o->grace,
				   .hard = o->guarded ? SIGUSR1 : 0 };
	struct chan *chan;
	int rc = n->ops->spawn(n, &chan, &spec);

	if (rc < 0) {
		lua_pushfstring(L,
				rc == -ENOENT
					? "%s is not there: install it, or name it with its path"
					: "%s could not be started",
				argv->v[0]);
		return bind_fail(L, rc, o->name, lua_tostring(L, -1),
				 rc == -ENOENT ? NULL : strerror(-rc));
	}
	bind_log_spawn(n, o->name, argv);
	bind_push(L, &bind_console_kind,
		  console_res(console_open(scope_root(), o->name, chan, &end)));
	return 1;
}

void
bind_log_spawn(struct node *n, const char *name, const struct argv *argv)
{
	json_t *words = json_array();

	for (size_t i = 0; i < argv->n; i++)
		json_array_append_new(words, log_text(argv->v[i], strlen(argv->v[i])));
	log_event("spawn", json_pack("{s:s, s:s, s:o}", "node", n->res.name, "console", name,
				     "argv", words));
}

static const struct opt spawn_spec[] = { SPAWN_OPTS(struct spawn_opts, ), OPT_END };

/* node:spawn(argv, { name, quit, grace, cwd, env, pipes }) → console */
static int
l_node_spawn(lua_State *L)
{
	struct node *n = bind_open(L, 1, &bind_node_kind);
	struct spawn_opts o = { .name = "console", .grace = 5 };
	struct argv argv = { 0 };
	int rc;

	bind_check_list(L, 2, "what to start");
	if (lua_objlen(L, 2) == 0)
		return luaL_error(L, "what to start is empty");
	if (lua_isnoneornil(L, 3)) {
		lua_settop(L, 2);
		lua_newtable(L);
	}
	bind_check_opts(L, 3, "spawn", spawn_spec);
	bind_fill_opts(L, 3, spawn_spec, &o);
	bind_fill_list(L, 2, &argv);
	rc = bind_spawn(L, n, &argv, &o);
	argv_free(&argv);
	bind_free_opts(spawn_spec, &o);
	return rc;
}

/* unix(path, name) → a console on a socket */
static int
l_unix(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1), *name = luaL_checkstring(L, 2);
	struct console_end end = { 0 };
	struct chan *chan;
	int rc = chan_unix(&chan, path);

	if (rc < 0) {
		lua_pushfstring(L, "%s: %s", path, strerror(-rc));
		return bind_fail(L, rc, "connect", lua_tostring(L, -1), NULL);
	}
	bind_push(L, &bind_console_kind, console_res(console_open(scope_root(), name, chan, &end)));
	return 1;
}

/* ---- nodes ---- */

static int
l_here(lua_State *L)
{
	bind_push(L, &bind_node_kind, &node_here()->res);
	return 1;
}

struct ssh_lua_opts {
	const char *name, *host, *user, *key, *host_key;
	int port;
	double timeout;
};

static const struct opt ssh_spec[] = {
	{ "name", OPT_STR, offsetof(struct ssh_lua_opts, name), true },
	{ "host", OPT_STR, offsetof(struct ssh_lua_opts, host), true },
	{ "port", OPT_INT, offsetof(struct ssh_lua_opts, port), false },
	{ "user", OPT_STR, offsetof(struct ssh_lua_opts, user), false },
	{ "key", OPT_STR, offsetof(struct ssh_lua_opts, key), true },
	{ "host_key", OPT_STR, offsetof(struct ssh_lua_opts, host_key), true },
	{ "timeout", OPT_NUM, offsetof(struct ssh_lua_opts, timeout), false },
	OPT_END,
};

static int
push_ssh(lua_State *L, void *arg, int status)
{
	struct node *n = arg;
	int count = 1;

	if (status < 0) {
		const char *what = ssh_node_error(n);

		count = bind_fail(L, status, "ssh", what, NULL);
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
	struct ssh_lua_opts o = { .port = 22, .user = "root", .timeout = 20 };
	struct ssh_opts opts;
	struct node *n = NULL;
	struct wait *w;
	int rc;

	bind_check_opts(L, 1, "ssh", ssh_spec);
	bind_fill_opts(L, 1, ssh_spec, &o);
	opts = (struct ssh_opts){
		.host = o.host, .port = o.port, .user = o.user, .key = o.key, .host_key = o.host_key
	};
	/* the node is the wait's argument, and only known once it is open */
	w = task_wait(L, push_ssh, NULL);
	rc = ssh_node_open(&n, scope_root(), o.name, &opts, o.timeout, w);
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

/* node:undo(argv): has it run there once we are gone, however we went: by the guard here, by the
 * node itself where its session has ended. To be said before what it undoes is done. False where
 * nobody will. */
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
push_node_closed(lua_State *L, void *arg, int status)
{
	res_drop(arg);
	if (status < 0)
		return bind_fail(L, status, "close", NULL, NULL);
	lua_pushboolean(L, 1);
	return 1;
}

static int
l_node_close(lua_State *L)
{
	struct node *n = bind_check(L, 1, &bind_node_kind);
	struct wait *w;

	if (n->is_here)
		return 0;
	w = task_wait(L, push_node_closed, &n->res);
	res_hold(&n->res);
	res_await(&n->res, w, 10);
	res_close(&n->res);
	return task_park(L);
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
	{ "unix", l_unix, BIND_ACT },
	{ NULL, NULL, 0 },
};

void
bind_node(lua_State *L)
{
	bind_rows(L, "engine", functions, BIND_FUNCTIONS);
	bind_kind(L, &bind_node_kind);
}
