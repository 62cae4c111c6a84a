/* bind_qmp: QMP clients, and the guest agent's, as Lua handles. */
#include "bind/bind_client.h"
#include "client/qmp.h"

static const struct bind_kind kind;

static json_t *
opt_json(lua_State *L, int index, const char *what)
{
	json_t *v;

	if (lua_isnoneornil(L, index))
		return NULL;
	luaL_checktype(L, index, LUA_TTABLE);
	v = bind_to_json(L, index);
	if (v == NULL)
		luaL_error(L, "%s: %s", what, lua_tostring(L, -1));
	return v;
}

/* qmp:execute(command, arguments or nil, seconds) → its return value */
static int
l_qmp_execute(lua_State *L)
{
	struct client *q = bind_open(L, 1, &kind);
	const char *command = luaL_checkstring(L, 2);
	double seconds = bind_seconds(L, 4, 10);
	struct asking *a;
	json_t *args;

	task_check(L);
	args = opt_json(L, 3, command);
	a = bind_asking(L, q, xsprintf("qmp %s", command));
	return bind_asked(L, a, qmp_execute(q, command, args, seconds, a->wait, &a->request));
}

static int
l_qmp_mark(lua_State *L)
{
	lua_pushnumber(L, (lua_Number)qmp_mark(bind_open(L, 1, &kind)));
	return 1;
}

/* qmp:await(event, match or nil, mark, seconds) → the event */
static int
l_qmp_await(lua_State *L)
{
	struct client *q = bind_open(L, 1, &kind);
	const char *event = luaL_checkstring(L, 2);
	uint64_t since = (uint64_t)bind_whole(L, 4, "mark", 0, WHOLE_MAX);
	double seconds = bind_seconds(L, 5, 10);
	struct asking *a;
	json_t *match;

	task_check(L);
	match = opt_json(L, 3, event);
	a = bind_asking(L, q, xsprintf("qmp event %s", event));
	return bind_asked(L, a, qmp_await(q, event, match, since, seconds, a->wait, &a->request));
}

struct qmp_opts {
	bool agent;
	const char *name;
	double timeout;
};

static const struct opt spec[] = {
	{ "agent", OPT_BOOL, offsetof(struct qmp_opts, agent), false },
	{ "name", OPT_STR, offsetof(struct qmp_opts, name), false },
	{ "timeout", OPT_NUM, offsetof(struct qmp_opts, timeout), false },
	OPT_END,
};

/* qmp(path, { agent = bool, name = text, timeout = seconds }) → client */
static int
l_qmp(lua_State *L)
{
	struct qmp_opts o = { false, "qmp", 10 };
	const char *path = luaL_checkstring(L, 1);
	struct asking *a;

	bind_optional_opts(L, 2, "qmp", spec);
	bind_fill_opts(L, 2, spec, &o);
	a = bind_opening(L, &kind);
	return bind_opened(
		L, a, qmp_open(&a->client, scope_root(), o.name, path, o.agent, o.timeout, a->wait),
		path);
}

static int
l_qmp_close(lua_State *L)
{
	return bind_close(L, bind_check(L, 1, &kind), 5);
}

static const struct bind_row methods[] = {
	{ "execute", l_qmp_execute, BIND_WAIT | BIND_FIRST(2) },
	{ "mark", l_qmp_mark, BIND_READ },
	{ "await", l_qmp_await, BIND_WAIT | BIND_FIRST(2) },
	{ "close", l_qmp_close, BIND_WAIT },
	{ NULL, NULL, 0 },
};

static const struct bind_kind kind = { .name = "qmp", .methods = methods };

static const struct bind_row functions[] = {
	{ "qmp", l_qmp, BIND_WAIT | BIND_FIRST(1) },
	{ NULL, NULL, 0 },
};

const struct bind_file bind_qmp = { .functions = functions, .kinds = { &kind } };
