/* bind_stats: DPDK telemetry as Lua tables. */
#include "bind/bind_client.h"
#include "client/telemetry.h"

static const struct bind_kind kind;

/* telemetry:ask("/ethdev/stats,0", seconds) → the value of the reply's key */
static int
l_telemetry_ask(lua_State *L)
{
	struct client *t = bind_open(L, 1, &kind);
	const char *command = luaL_checkstring(L, 2);
	double seconds = bind_seconds(L, 3, 10);
	struct asking *a;

	task_check(L);
	a = bind_asking(L, t, xsprintf("telemetry %s", command));
	return bind_asked(L, a, telemetry_ask(t, command, seconds, a->wait, &a->request));
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

/* telemetry(node, path, { name, timeout, quiet: its traffic is not on the timeline }) → client */
static int
l_telemetry(lua_State *L)
{
	struct telemetry_opts o = { "telemetry", 10, false };
	struct node *n = bind_open(L, 1, &bind_node_kind);
	const char *path = luaL_checkstring(L, 2);
	struct asking *a;
	int rc;

	bind_optional_opts(L, 3, "telemetry", spec);
	bind_fill_opts(L, 3, spec, &o);
	a = bind_opening(L, &kind);
	rc = telemetry_open(&a->client, scope_root(), o.name, n, path, o.timeout, a->wait);
	if (rc == 0 && o.quiet)
		telemetry_hush(a->client);
	return bind_opened(L, a, rc, NULL);
}

/* telemetry:greeting() → { version, pid, max_output_len }; of a closed client, too */
static int
l_telemetry_greeting(lua_State *L)
{
	bind_push_json(L, telemetry_greeting(bind_check(L, 1, &kind)));
	return 1;
}

static int
l_telemetry_close(lua_State *L)
{
	return bind_close(L, bind_check(L, 1, &kind), 5);
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

const struct bind_file bind_stats = { .functions = functions, .kinds = { &kind } };
