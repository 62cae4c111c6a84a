/* bind_node: nodes, and what runs on them. */
#include "bind/bind_node.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "bind/bind.h"
#include "chan/cores.h"
#include "console/console.h"
#include "core/limits.h"
#include "core/log.h"
#include "node/run.h"
#include "node/ssh.h"

#define NO_PROGRAM "%s is not there: install it, or name it with its path"

/* ---- run: to its end, output captured ---- */

struct run_opts {
	double timeout;
	const char *input;
	const char *cwd;
	char *const *env;
};

static const struct opt run_spec[] = {
	{ "timeout", OPT_NUM, offsetof(struct run_opts, timeout), false },
	{ "input", OPT_STR, offsetof(struct run_opts, input), false },
	{ "cwd", OPT_STR, offsetof(struct run_opts, cwd), false },
	{ "env", OPT_ENV, offsetof(struct run_opts, env), false },
	OPT_END,
};

struct running {
	struct run *run;
	const struct node *node;
	const char *program, *cwd;
	double seconds;
};

/* Did a start fail because of the folder? Pushes the words then. */
static bool
push_no_folder(lua_State *L, const struct node *n, int err, const char *cwd)
{
	bool is_bad;
	int fd;

	/* another node's folder is not ours to look at */
	if (cwd == NULL || !n->is_here || (err != -ENOENT && err != -ENOTDIR && err != -EACCES))
		return false;
	fd = open(cwd, O_PATH | O_DIRECTORY | O_CLOEXEC);
	is_bad = fd < 0 || faccessat(fd, ".", X_OK, 0) < 0;
	if (is_bad)
		lua_pushfstring(L, "option \"cwd\": %s: %s", cwd, strerror(errno));
	if (fd >= 0)
		close(fd);
	return is_bad;
}

static int
fail_run(lua_State *L, int err, const struct running *r, const char *tail)
{
	if (r->run == NULL && push_no_folder(L, r->node, err, r->cwd))
		;
	else if (err == -ENOENT)
		lua_pushfstring(L, NO_PROGRAM, r->program);
	else if (err == -ETIMEDOUT)
		lua_pushfstring(L, "%s did not exit in %f s and was killed", r->program,
				r->seconds);
	else if (err == -EOVERFLOW)
		lua_pushfstring(
			L,
			"%s printed too much: the first %f bytes are dropped; let it write to a file",
			r->program, (lua_Number)r->run->dropped);
	else
		lua_pushfstring(L, "%s: %s", r->program,
				err == -ECANCELED ? "interrupted" : limits_no_start(err));
	return bind_fail(L, err, "run", lua_tostring(L, -1), tail);
}

static int
push_run(lua_State *L, void *arg, int status)
{
	const struct running *r = arg;
	const struct buf *out = &r->run->out, *err = &r->run->err;
	int n = 1;

	if (status < 0) {
		n = fail_run(L, status, r, err->len > 0 ? err->data : out->data);
	} else {
		lua_createtable(L, 0, 4);
		lua_pushlstring(L, out->data, out->len);
		lua_setfield(L, -2, "out");
		lua_pushlstring(L, err->data, err->len);
		lua_setfield(L, -2, "err");
		bind_set_exit(L, &r->run->exit);
	}
	res_drop(&r->run->res);
	return n;
}

/* The words of a program at index 2; `what` names them in errors. */
static char *const *
check_program(lua_State *L, const char *what)
{
	const struct argv *words = bind_list(L, 2, what);

	if (words->n == 0)
		luaL_error(L, "%s is empty", what);
	return words->v;
}

/* node:run(argv, { timeout, input, cwd, env }) → { code, signal, out, err } */
static int
l_node_run(lua_State *L)
{
	struct node *n = bind_open(L, 1, &bind_node_kind);
	struct run_opts o = { .timeout = 30 };
	struct chan_spec spec = { 0 };
	struct running *r;
	struct wait *w;
	size_t input_len = 0;
	int rc;

	bind_opts(L, 3, "run", run_spec, &o);
	spec.argv = check_program(L, "what to run");
	spec.env = o.env;
	spec.cwd = o.cwd;
	if (o.input != NULL) {
		lua_getfield(L, 3, "input");
		input_len = lua_objlen(L, -1);
	}
	r = lua_newuserdata(L, sizeof(*r));
	*r = (struct running){
		.node = n, .program = spec.argv[0], .cwd = o.cwd, .seconds = o.timeout
	};
	w = task_wait(L, push_run, r);
	rc = run_start(&r->run, task_scope(), n, &spec, o.input, input_len, o.timeout, w);
	return rc < 0 ? fail_run(L, rc, r, NULL) : task_park(L);
}

/* ---- spawn: at a console ---- */

static const struct opt spawn_spec[] = {
	{ "name", OPT_STR, offsetof(struct spawn_opts, name), false },
	{ "quit", OPT_STR, offsetof(struct spawn_opts, quit), false },
	{ "grace", OPT_NUM, offsetof(struct spawn_opts, grace), false },
	{ "cwd", OPT_STR, offsetof(struct spawn_opts, cwd), false },
	{ "env", OPT_ENV, offsetof(struct spawn_opts, env), false },
	{ "pipes", OPT_BOOL, offsetof(struct spawn_opts, pipes), false },
	{ "guarded", OPT_BOOL, offsetof(struct spawn_opts, guarded), false },
	OPT_END,
};

void
bind_spawn_opts(lua_State *L, int index, const char *of, struct spawn_opts *o)
{
	bind_opts(L, index, of, spawn_spec, o);
}

static void
log_spawn(struct node *n, const char *name, char *const *argv)
{
	json_t *words = json_array();

	for (; *argv != NULL; argv++)
		json_array_append_new(words, log_text(*argv, strlen(*argv)));
	log_event("spawn", json_pack("{s:s, s:s, s:o}", "node", n->res.name, "console", name,
				     "argv", words));
}

int
bind_spawn(lua_State *L, struct node *n, char *const *argv, const struct spawn_opts *o)
{
	struct chan_spec chan_spec = { .argv = argv,
				       .env = o->env,
				       .cwd = o->cwd,
				       .pty = !o->pipes,
				       .keep = o->keep,
				       .stops = o->guarded };
	struct console_end end = { .line = o->quit,
				   .signal = o->quit == NULL ? SIGTERM : 0,
				   .grace = o->grace,
				   .hard = o->guarded ? SIGUSR1 : 0 };
	struct console *console;
	struct chan *chan;
	char *cores = NULL;
	int rc;

	if (o->tested && o->cwd == NULL && n->is_here)
		cores = cores_folder(bind_cores());
	chan_spec.cores = cores;
	rc = n->ops->spawn(n, &chan, &chan_spec);
	free(cores);
	if (rc < 0) {
		if (push_no_folder(L, n, rc, o->cwd))
			return bind_fail(L, rc, o->name, lua_tostring(L, -1), NULL);
		if (rc == -ENOENT)
			lua_pushfstring(L, NO_PROGRAM, argv[0]);
		else
			lua_pushfstring(L, "%s could not be started: %s", argv[0],
					limits_no_start(rc));
		return bind_fail(L, rc, o->name, lua_tostring(L, -1), NULL);
	}
	console = console_open(task_scope(), o->name, chan, &end);
	log_spawn(n, console_res(console)->name, argv);
	return bind_push(L, &bind_console_kind, console_res(console));
}

/* node:spawn(argv, { name, quit, grace, cwd, env, pipes }) → console */
static int
l_node_spawn(lua_State *L)
{
	struct node *n = bind_open(L, 1, &bind_node_kind);
	struct spawn_opts o = { .name = "console", .grace = 5 };

	bind_spawn_opts(L, 3, "spawn", &o);
	return bind_spawn(L, n, check_program(L, "what to start"), &o);
}

/* ---- nodes ---- */

static int
l_here(lua_State *L)
{
	return bind_push(L, &bind_node_kind, &node_here()->res);
}

struct ssh_lua_opts {
	const char *name;
	struct ssh_opts ssh;
	double timeout;
};

static const struct opt ssh_spec[] = {
	{ "name", OPT_STR, offsetof(struct ssh_lua_opts, name), false },
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

	if (status == 0)
		return 1; /* its handle is on top */
	bind_fail(L, status, "ssh", ssh_node_error(n), NULL);
	res_harden(&n->res);
	return 2;
}

/* ssh{ name, host, port, user, key, host_key, timeout } → node */
static int
l_ssh(lua_State *L)
{
	struct ssh_lua_opts o = { .ssh = { .port = 22, .user = "root" }, .timeout = 20 };
	struct node *n = NULL;
	struct wait *w;
	int rc;

	bind_opts(L, 1, "ssh", ssh_spec, &o);
	/* the node is the wait's argument, and only known once it is open */
	w = task_wait(L, push_ssh, NULL);
	rc = ssh_node_open(&n, task_scope(), o.name ?: o.ssh.host, &o.ssh, o.timeout, w);
	if (rc < 0)
		return bind_fail(L, rc, "ssh", limits_no_start(rc), NULL);
	task_wait(L, push_ssh, n);
	n->res.detached = true;
	bind_push(L, &bind_node_kind, &n->res);
	return task_park(L);
}

static int
l_node_name(lua_State *L)
{
	struct node *n = bind_check(L, 1, &bind_node_kind);

	return bind_text(L, n->res.name);
}

/* node:preamble() → what its login shell prints before each command, at most 256 bytes */
static int
l_node_preamble(lua_State *L)
{
	return bind_text(L, ssh_node_preamble(bind_check(L, 1, &bind_node_kind)));
}

static int
l_node_is_here(lua_State *L)
{
	struct node *n = bind_check(L, 1, &bind_node_kind);

	return bind_bool(L, n->is_here);
}

/* node:undo(argv): runs it there when this process is gone, however it ended. Here the guard does
 * it; a node does it itself at the end of its session. Call it before the act that it undoes. False
 * where it cannot be done. */
static int
l_node_undo(lua_State *L)
{
	struct node *n = bind_open(L, 1, &bind_node_kind);
	const struct argv *words = bind_list(L, 2, "what to undo it with");

	return bind_bool(L, words->n > 0 && n->ops->undo(n, words->v) > 0);
}

static int
l_node_close(lua_State *L)
{
	struct node *n = bind_check(L, 1, &bind_node_kind);

	return n->is_here ? 0 : bind_close(L, &n->res, 10);
}

/* node:cut(): ends its session now, and the consoles there: nothing is asked of a machine that
 * does not answer. */
static int
l_node_cut(lua_State *L)
{
	struct node *n = bind_check(L, 1, &bind_node_kind);

	if (!n->is_here)
		res_harden(&n->res);
	return 0;
}

static const struct bind_row methods[] = {
	{ "run", l_node_run, BIND_WAIT },
	{ "spawn", l_node_spawn, BIND_ACT },
	{ "push", l_node_push, BIND_WAIT },
	{ "pull", l_node_pull, BIND_WAIT },
	{ "name", l_node_name, BIND_READ },
	{ "preamble", l_node_preamble, BIND_READ },
	{ "is_here", l_node_is_here, BIND_READ },
	{ "undo", l_node_undo, BIND_EFFECT },
	{ "close", l_node_close, BIND_WAIT },
	{ "cut", l_node_cut, BIND_ACT },
	{ NULL, NULL, 0 },
};

const struct bind_kind bind_node_kind = { .name = "node", .methods = methods };

static const struct bind_row functions[] = {
	{ "here", l_here, BIND_READ },
	{ "ssh", l_ssh, BIND_WAIT },
	{ NULL, NULL, 0 },
};

const struct bind_file bind_node = { .functions = functions, .kinds = { &bind_node_kind } };
