/* bind_spawn: a program that is started on a node, at a console. */
#include "bind/bind_spawn.h"

#include <errno.h>
#include <signal.h>

#include "bind/bind.h"
#include "console/console.h"
#include "core/log.h"

static const struct opt spec[] = {
	{ "name", OPT_STR, offsetof(struct spawn_opts, name), false },
	{ "quit", OPT_STR, offsetof(struct spawn_opts, quit), false },
	{ "grace", OPT_NUM, offsetof(struct spawn_opts, grace), false },
	{ "cwd", OPT_STR, offsetof(struct spawn_opts, cwd), false },
	{ "env", OPT_LIST, offsetof(struct spawn_opts, env), false },
	{ "pipes", OPT_BOOL, offsetof(struct spawn_opts, pipes), false },
	{ "guarded", OPT_BOOL, offsetof(struct spawn_opts, guarded), false },
	OPT_END,
};

void
bind_check_spawn(lua_State *L, int index, const char *of)
{
	bind_optional_opts(L, index, of, spec);
}

static void
log_spawn(struct node *n, const char *name, const struct argv *argv)
{
	json_t *words = json_array();

	for (size_t i = 0; i < argv->n; i++)
		json_array_append_new(words, log_text(argv->v[i], strlen(argv->v[i])));
	log_event("spawn", json_pack("{s:s, s:s, s:o}", "node", n->res.name, "console", name,
				     "argv", words));
}

static int
start(lua_State *L, struct node *n, const struct argv *argv, const struct spawn_opts *o)
{
	struct chan_spec chan_spec = {
		.argv = argv->v, .env = o->env.v, .cwd = o->cwd, .pty = !o->pipes, .keep = o->keep
	};
	struct console_end end = { .line = o->quit,
				   .signal = o->quit == NULL ? SIGTERM : 0,
				   .grace = o->grace,
				   .hard = o->guarded ? SIGUSR1 : 0 };
	struct chan *chan;
	int rc = n->ops->spawn(n, &chan, &chan_spec);

	if (rc == -ENOENT) {
		lua_pushfstring(L, BIND_NO_PROGRAM, argv->v[0]);
		return bind_fail(L, rc, o->name, lua_tostring(L, -1), NULL);
	}
	if (rc < 0) {
		lua_pushfstring(L, "%s could not be started", argv->v[0]);
		return bind_fail(L, rc, o->name, lua_tostring(L, -1), strerror(-rc));
	}
	log_spawn(n, o->name, argv);
	bind_push(L, &bind_console_kind,
		  console_res(console_open(scope_root(), o->name, chan, &end)));
	return 1;
}

int
bind_spawn(lua_State *L, struct node *n, int index, struct argv *argv, struct spawn_opts *o)
{
	int rc;

	bind_fill_opts(L, index, spec, o);
	rc = start(L, n, argv, o);
	argv_free(argv);
	bind_free_opts(spec, o);
	return rc;
}
