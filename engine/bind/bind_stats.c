/* bind_stats: DPDK telemetry as Lua tables. */
#include <errno.h>
#include <jansson.h>

#include "bind/bind.h"
#include "client/telemetry.h"

static const struct bind_kind kind;

struct asking {
	struct telemetry *telemetry;
	struct telemetry_call *call;
	char *op;
};

static int
push_answer(lua_State *L, void *arg, int status)
{
	struct asking *a = arg;
	json_t *result = NULL;
	char *error = NULL;
	int rc = telemetry_finish(a->call, &result, &error);
	int n = 1;

	if (status == 0 && rc == 0)
		bind_push_json(L, result);
	else
		n = bind_fail(L, status < 0 ? status : rc, a->op, error, NULL);
	json_decref(result);
	free(error);
	free(a->op);
	res_drop((struct res *)a->telemetry);
	free(a);
	return n;
}

/* telemetry:ask("/ethdev/stats,0", seconds) → the value of the reply's key */
static int
l_telemetry_ask(lua_State *L)
{
	struct telemetry *t = bind_open(L, 1, &kind);
	const char *command = luaL_checkstring(L, 2);
	double seconds = bind_seconds(L, 3, 10);
	struct asking *a;
	struct wait *w;
	int rc;

	task_check(L);
	a = xcalloc(1, sizeof(*a));
	a->telemetry = t;
	a->op = xsprintf("telemetry %s", command);
	w = task_wait(L, push_answer, a);
	rc = telemetry_ask(t, command, seconds, w, &a->call);
	if (rc == 0) {
		res_hold((struct res *)t);
		return task_park(L);
	}
	bind_fail(L, rc, a->op, NULL, NULL);
	free(a->op);
	free(a);
	return 2;
}

static int
push_telemetry(lua_State *L, void *arg, int status)
{
	struct res *r = arg;
	int n = 1;

	if (status < 0) {
		n = bind_fail(L, status, "telemetry connect", NULL, NULL);
		res_harden(r);
	} else {
		bind_push(L, &kind, r);
	}
	res_drop(r);
	return n;
}

struct telemetry_opts {
	const char *name;
	double timeout;
	bool quiet;
};

static const struct opt spec[] = {
	{ "name", OPT_STR, offsetof(struct telemetry_opts, name), false },
	{ "timeout", OPT_NUM, offsetof(struct telemetry_opts, timeout), false },
	{ "quiet", OPT_BOOL, offsetof(struct telemetry_opts, quiet), false },
	OPT_END,
};

/* telemetry(node, path, { name, timeout, quiet: what passes is not on the timeline }) → client */
static int
l_telemetry(lua_State *L)
{
	struct telemetry_opts o = { "telemetry", 10, false };
	struct node *n = bind_open(L, 1, &bind_node_kind);
	const char *path = luaL_checkstring(L, 2);
	struct telemetry *t = NULL;
	struct wait *w;
	int rc;

	if (!lua_isnoneornil(L, 3)) {
		bind_check_opts(L, 3, "telemetry", spec);
		bind_fill_opts(L, 3, spec, &o);
	}
	w = task_wait(L, push_telemetry, NULL);
	rc = telemetry_open(&t, scope_root(), o.name, n, path, o.timeout, w);
	if (rc < 0) {
		lua_pushfstring(L, "%s: %s", path, strerror(-rc));
		return bind_fail(L, rc, "telemetry connect", lua_tostring(L, -1), NULL);
	}
	if (o.quiet)
		telemetry_hush(t);
	((struct res *)t)->detached = true;
	res_hold((struct res *)t);
	task_wait(L, push_telemetry, t);
	return task_park(L);
}

/* telemetry:greeting() → { version, pid, max_output_len }; of a closed client, too */
static int
l_telemetry_greeting(lua_State *L)
{
	bind_push_json(L, telemetry_greeting(bind_check(L, 1, &kind)));
	return 1;
}

static int
push_telemetry_closed(lua_State *L, void *arg, int status)
{
	res_drop(arg);
	lua_pushboolean(L, status == 0);
	return 1;
}

static int
l_telemetry_close(lua_State *L)
{
	struct res *r = bind_check(L, 1, &kind);
	struct wait *w = task_wait(L, push_telemetry_closed, r);

	res_hold(r);
	res_await(r, w, 5);
	res_close(r);
	return task_park(L);
}

static const struct bind_row methods[] = {
	{ "ask", l_telemetry_ask, BIND_WAIT | BIND_FIRST(1) },
	{ "greeting", l_telemetry_greeting, BIND_READ },
	{ "close", l_telemetry_close, BIND_WAIT },
	{ NULL, NULL, 0 },
};

static const struct bind_kind kind = { .name = "telemetry", .methods = methods };

static const struct bind_row functions[] = {
	{ "telemetry", l_telemetry, BIND_WAIT | BIND_FIRST(2) },
	{ NULL, NULL, 0 },
};

void
bind_stats(lua_State *L)
{
	bind_rows(L, "engine", functions, BIND_FUNCTIONS);
	bind_kind(L, &kind);
}
