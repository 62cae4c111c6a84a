/* bind_client: request clients as Lua handles: QMP, the guest agent's, DPDK's telemetry. */
#include "bind/bind.h"
#include "client/qmp.h"
#include "client/telemetry.h"

static const struct bind_kind qmp_kind, telemetry_kind;

/* ---- to open one ---- */

struct client_opts {
	const char *name;
	double timeout;
	bool agent, quiet;
};

static const struct opt qmp_spec[] = {
	{ "agent", OPT_BOOL, offsetof(struct client_opts, agent), false },
	{ "name", OPT_STR, offsetof(struct client_opts, name), false },
	{ "timeout", OPT_NUM, offsetof(struct client_opts, timeout), false },
	OPT_END,
};

static const struct opt telemetry_spec[] = {
	{ "name", OPT_STR, offsetof(struct client_opts, name), false },
	{ "timeout", OPT_NUM, offsetof(struct client_opts, timeout), false },
	{ "quiet", OPT_BOOL, offsetof(struct client_opts, quiet), false },
	OPT_END,
};

static int
push_client(lua_State *L, void *arg, int status)
{
	struct client *c = arg;

	if (status == 0)
		return 1; /* its handle is on top */
	lua_pushfstring(L, "%s connect", c->res.ops->kind);
	bind_fail(L, status, lua_tostring(L, -1), client_error(c), NULL);
	res_harden(&c->res);
	return 2;
}

/* Parks for the handle of a client that was opened, or nil and an error. */
static int
park_opened(lua_State *L, struct client *c, const struct bind_kind *k)
{
	c->res.detached = true;
	bind_push(L, k, &c->res);
	task_wait(L, push_client, c);
	return task_park(L);
}

/* qmp(path, { agent = bool, name = text, timeout = seconds }) → client */
static int
l_qmp(lua_State *L)
{
	struct client_opts o = { .name = "qmp", .timeout = 10 };
	const char *path = luaL_checkstring(L, 1);
	struct client *c;
	int rc;

	bind_opts(L, 2, "qmp", qmp_spec, &o);
	rc = qmp_open(&c, task_scope(), o.name, path, o.agent, o.timeout, task_wait(L, NULL, NULL));
	return rc < 0 ? bind_fail_path(L, rc, "qmp connect", path) : park_opened(L, c, &qmp_kind);
}

/* telemetry(node, path, { name, timeout, quiet: its traffic is not on the timeline }) → client */
static int
l_telemetry(lua_State *L)
{
	struct client_opts o = { .name = "telemetry", .timeout = 10 };
	struct node *n = bind_open(L, 1, &bind_node_kind);
	const char *path = luaL_checkstring(L, 2);
	struct client *c;
	int rc;

	bind_opts(L, 3, "telemetry", telemetry_spec, &o);
	rc = telemetry_open(&c, task_scope(), o.name, n, path, o.timeout, task_wait(L, NULL, NULL));
	if (rc < 0) /* its caller knows the path */
		return bind_fail(L, rc, "telemetry connect", NULL, NULL);
	if (o.quiet)
		telemetry_hush(c);
	return park_opened(L, c, &telemetry_kind);
}

/* ---- to ask ---- */

static int
push_result(lua_State *L, void *arg, int status)
{
	const char *op = lua_tostring(L, -1);
	json_t *result = NULL;
	char *error = NULL;
	int rc = request_finish(arg, &result, &error);
	int n = 1;

	if (status == 0 && rc == 0)
		bind_push_json(L, result);
	else
		n = bind_fail(L, status < 0 ? status : rc, op, error, NULL);
	json_decref(result);
	free(error);
	return n;
}

/* With what a request returned, and its op on top: parks for the reply. */
static int
park_asked(lua_State *L, struct request *r, int rc)
{
	if (rc < 0)
		return bind_fail(L, rc, lua_tostring(L, -1), NULL, NULL);
	task_wait(L, push_result, r);
	return task_park(L);
}

/* qmp:execute(command, arguments or nil, seconds) → its return value */
static int
l_qmp_execute(lua_State *L)
{
	struct client *q = bind_open(L, 1, &qmp_kind);
	const char *command = luaL_checkstring(L, 2);
	double seconds = bind_seconds(L, 4, 10);
	struct wait *w = task_wait(L, NULL, NULL);
	json_t *args = bind_opt_json(L, 3, command);
	struct request *r;
	int rc = qmp_execute(q, command, args, seconds, w, &r);

	lua_pushfstring(L, "qmp %s", command);
	return park_asked(L, r, rc);
}

static int
l_qmp_mark(lua_State *L)
{
	return bind_number(L, qmp_mark(bind_open(L, 1, &qmp_kind)));
}

/* qmp:await(event, match or nil, mark, seconds) → the event */
static int
l_qmp_await(lua_State *L)
{
	struct client *q = bind_open(L, 1, &qmp_kind);
	const char *event = luaL_checkstring(L, 2);
	uint64_t since = (uint64_t)bind_whole(L, 4, "mark", 0, WHOLE_MAX);
	double seconds = bind_seconds(L, 5, 10);
	struct wait *w = task_wait(L, NULL, NULL);
	json_t *match = bind_opt_json(L, 3, event);
	struct request *r;
	int rc = qmp_await(q, event, match, since, seconds, w, &r);

	lua_pushfstring(L, "qmp event %s", event);
	return park_asked(L, r, rc);
}

/* telemetry:ask("/ethdev/stats,0", seconds) → the value of the reply's key */
static int
l_telemetry_ask(lua_State *L)
{
	struct client *t = bind_open(L, 1, &telemetry_kind);
	const char *command = luaL_checkstring(L, 2);
	double seconds = bind_seconds(L, 3, 10);
	struct request *r;
	int rc = telemetry_ask(t, command, seconds, task_wait(L, NULL, NULL), &r);

	lua_pushfstring(L, "telemetry %s", command);
	return park_asked(L, r, rc);
}

/* telemetry:greeting() → { version, pid, max_output_len }; of a closed client, too */
static int
l_telemetry_greeting(lua_State *L)
{
	bind_push_json(L, telemetry_greeting(bind_check(L, 1, &telemetry_kind)));
	return 1;
}

static int
l_qmp_close(lua_State *L)
{
	return bind_close(L, bind_check(L, 1, &qmp_kind), 5);
}

static int
l_telemetry_close(lua_State *L)
{
	return bind_close(L, bind_check(L, 1, &telemetry_kind), 5);
}

static const struct bind_row qmp_methods[] = {
	{ "execute", l_qmp_execute, BIND_WAIT | BIND_FIRST(2) },
	{ "mark", l_qmp_mark, BIND_READ },
	{ "await", l_qmp_await, BIND_WAIT | BIND_FIRST(2) },
	{ "close", l_qmp_close, BIND_WAIT },
	{ NULL, NULL, 0 },
};

static const struct bind_row telemetry_methods[] = {
	{ "ask", l_telemetry_ask, BIND_WAIT | BIND_FIRST(1) },
	{ "greeting", l_telemetry_greeting, BIND_READ },
	{ "close", l_telemetry_close, BIND_WAIT },
	{ NULL, NULL, 0 },
};

static const struct bind_kind qmp_kind = { .name = "qmp", .methods = qmp_methods };
static const struct bind_kind telemetry_kind = { .name = "telemetry",
						 .methods = telemetry_methods };

static const struct bind_row functions[] = {
	{ "qmp", l_qmp, BIND_WAIT | BIND_FIRST(1) },
	{ "telemetry", l_telemetry, BIND_WAIT | BIND_FIRST(2) },
	{ NULL, NULL, 0 },
};

const struct bind_file bind_client = { .functions = functions,
				       .kinds = { &qmp_kind, &telemetry_kind } };
