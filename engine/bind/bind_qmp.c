/* bind_qmp: QMP clients, and the guest agent's, as Lua handles. */
#include <errno.h>
#include <jansson.h>

#include "bind/bind.h"
#include "client/qmp.h"

static const struct bind_kind kind;

struct calling {
	struct qmp *qmp;
	struct qmp_call *call;
	char *op;
};

static int
push_call(lua_State *L, void *arg, int status)
{
	struct calling *c = arg;
	json_t *result = NULL;
	char *error = NULL;
	int rc = qmp_call_finish(c->call, &result, &error);
	int n = 1;

	if (status == 0 && rc == 0) {
		if (result != NULL)
			bind_push_json(L, result);
		else
			lua_newtable(L);
	} else {
		n = bind_fail(L, status < 0 ? status : rc, c->op, error, NULL);
	}
	json_decref(result);
	free(error);
	free(c->op);
	res_drop((struct res *)c->qmp);
	free(c);
	return n;
}

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
	struct qmp *q = bind_open(L, 1, &kind);
	const char *command = luaL_checkstring(L, 2);
	double seconds = bind_seconds(L, 4, 10);
	struct calling *c;
	struct wait *w;
	json_t *args;
	int rc;

	task_check(L);
	args = opt_json(L, 3, command);
	c = xcalloc(1, sizeof(*c));
	c->qmp = q;
	c->op = xsprintf("qmp %s", command);
	w = task_wait(L, push_call, c);
	rc = qmp_execute(q, command, args, seconds, w, &c->call);
	if (rc == 0) {
		res_hold((struct res *)q);
		return task_park(L);
	}
	bind_fail(L, rc, c->op, NULL, NULL);
	free(c->op);
	free(c);
	return 2;
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
	struct qmp *q = bind_open(L, 1, &kind);
	const char *event = luaL_checkstring(L, 2);
	lua_Number since = luaL_checknumber(L, 4);
	double seconds = bind_seconds(L, 5, 10);
	struct calling *c;
	struct wait *w;
	json_t *match;
	int rc;

	task_check(L);
	match = opt_json(L, 3, event);
	c = xcalloc(1, sizeof(*c));
	c->qmp = q;
	c->op = xsprintf("qmp event %s", event);
	w = task_wait(L, push_call, c);
	rc = qmp_await(q, event, match, since > 0 ? (uint64_t)since : 0, seconds, w, &c->call);
	if (rc == 0) {
		res_hold((struct res *)q);
		return task_park(L);
	}
	bind_fail(L, rc, c->op, NULL, NULL);
	free(c->op);
	free(c);
	return 2;
}

static int
push_qmp(lua_State *L, void *arg, int status)
{
	struct res *r = arg;
	int n = 1;

	if (status < 0) {
		n = bind_fail(L, status, "qmp connect", qmp_error(arg), NULL);
		res_harden(r);
	} else {
		bind_push(L, &kind, r);
	}
	res_drop(r);
	return n;
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
	struct qmp *q = NULL;
	struct wait *w;
	int rc;

	if (!lua_isnoneornil(L, 2)) {
		bind_check_opts(L, 2, "qmp", spec);
		bind_fill_opts(L, 2, spec, &o);
	}
	w = task_wait(L, push_qmp, NULL);
	rc = qmp_open(&q, scope_root(), o.name, path, o.agent, o.timeout, w);
	if (rc < 0) {
		lua_pushfstring(L, "%s: %s", path, strerror(-rc));
		return bind_fail(L, rc, "qmp connect", lua_tostring(L, -1), NULL);
	}
	((struct res *)q)->detached = true;
	res_hold((struct res *)q);
	task_wait(L, push_qmp, q);
	return task_park(L);
}

static int
push_qmp_closed(lua_State *L, void *arg, int status)
{
	res_drop(arg);
	lua_pushboolean(L, status == 0);
	return 1;
}

static int
l_qmp_close(lua_State *L)
{
	struct res *r = bind_check(L, 1, &kind);
	struct wait *w = task_wait(L, push_qmp_closed, r);

	res_hold(r);
	res_await(r, w, 5);
	res_close(r);
	return task_park(L);
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

void
bind_qmp(lua_State *L)
{
	bind_rows(L, "engine", functions, BIND_FUNCTIONS);
	bind_kind(L, &kind);
}
