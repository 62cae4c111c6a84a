/* bind_client: handles of request clients: qmp, telemetry. */
#ifndef BIND_CLIENT_H
#define BIND_CLIENT_H

#include "bind/bind.h"
#include "client/request.h"

/* A task that asks, or opens a client. */
struct asking {
	const struct bind_kind *kind; /* of a client that is opened */
	struct client *client;
	struct request *request;
	struct wait *wait;
	char *op;
};

/* Before an open, then with what it returned: parks for the handle, or nil and an error. */
struct asking *bind_opening(lua_State *L, const struct bind_kind *kind);
int bind_opened(lua_State *L, struct asking *a, int rc, const char *path);

/* Before a request (takes over `op`), then with what it returned: parks for the reply. Call
 * task_check first: without a task it raises, and `op` leaks. */
struct asking *bind_asking(lua_State *L, struct client *c, char *op);
int bind_asked(lua_State *L, struct asking *a, int rc);

#endif
