/* bind_client: handles of request clients: qmp, telemetry. */
#include "bind/bind_client.h"

static void
asking_free(struct asking *a)
{
	if (a->client != NULL)
		res_drop(&a->client->res);
	free(a->op);
	free(a);
}

/* ---- to open one ---- */

static int
push_client(lua_State *L, void *arg, int status)
{
	struct asking *a = arg;
	int n = 1;

	if (status < 0) {
		n = bind_fail(L, status, a->op, client_error(a->client), NULL);
		res_harden(&a->client->res);
	} else {
		bind_push(L, a->kind, &a->client->res);
	}
	asking_free(a);
	return n;
}

struct asking *
bind_opening(lua_State *L, const struct bind_kind *kind)
{
	struct asking *a;

	task_check(L);
	a = xcalloc(1, sizeof(*a));
	a->kind = kind;
	a->op = xsprintf("%s connect", kind->name);
	a->wait = task_wait(L, push_client, a);
	return a;
}

int
bind_opened(lua_State *L, struct asking *a, int rc, const char *path)
{
	if (rc < 0) {
		/* a telemetry client's caller knows its path */
		if (path != NULL)
			bind_fail_path(L, rc, a->op, path);
		else
			bind_fail(L, rc, a->op, NULL, NULL);
		asking_free(a);
		return 2;
	}
	a->client->res.detached = true;
	res_hold(&a->client->res);
	return task_park(L);
}

/* ---- to ask ---- */

static int
push_result(lua_State *L, void *arg, int status)
{
	struct asking *a = arg;
	json_t *result = NULL;
	char *error = NULL;
	int rc = request_finish(a->request, &result, &error);
	int n = 1;

	if (status == 0 && rc == 0)
		bind_push_json(L, result);
	else
		n = bind_fail(L, status < 0 ? status : rc, a->op, error, NULL);
	json_decref(result);
	free(error);
	asking_free(a);
	return n;
}

struct asking *
bind_asking(lua_State *L, struct client *c, char *op)
{
	struct asking *a = xcalloc(1, sizeof(*a));

	a->client = c;
	res_hold(&c->res);
	a->op = op;
	a->wait = task_wait(L, push_result, a);
	return a;
}

int
bind_asked(lua_State *L, struct asking *a, int rc)
{
	if (rc == 0)
		return task_park(L);
	bind_fail(L, rc, a->op, NULL, NULL);
	asking_free(a);
	return 2;
}
