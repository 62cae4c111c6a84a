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
bind_spawn_opts(lua_State *L, int index, const char *of, struct spawn_opts *o)
{
	bind_opts(L, index, of, spec, o);
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
	struct chan_spec chan_spec = {
		.argv = argv, .env = o->env, .cwd = o->cwd, .pty = !o->pipes, .keep = o->keep
	};
	struct console_end end = { .line = o->quit,
				   .signal = o->quit == NULL ? SIGTERM : 0,
				   .grace = o->grace,
				   .hard = o->guarded ? SIGUSR1 : 0 };
	struct chan *chan;
	int rc = n->ops->spawn(n, &chan, &chan_spec);

	if (rc < 0) {
		lua_pushfstring(L, rc == -ENOENT ? BIND_NO_PROGRAM : "%s could not be started",
				argv[0]);
		return bind_fail(L, rc, o->name, lua_tostring(L, -1),
				 rc == -ENOENT ? NULL : strerror(-rc));
	}
	log_spawn(n, o->name, argv);
	bind_push(L, &bind_console_kind,
		  console_res(console_open(scope_root(), o->name, chan, &end)));
	return 1;
}
