/* listen: a unix socket that others of the same user connect to. */
#ifndef LISTEN_H
#define LISTEN_H

#include "chan/chan.h"
#include "core/scope.h"

struct listener;

/* Bind PATH (mode 0700), which must not exist yet, and listen. A detached resource of the scope;
 * its end removes PATH, and so does the guard. -errno. */
int listener_open(struct listener **out, struct scope *s, const char *path);
struct res *listener_res(struct listener *l);

/* Wait for a connection; one of another user is closed. -EBUSY while another waits. */
int listener_await(struct listener *l, double seconds, struct wait *w);
/* The oldest connection that was not taken, or NULL. */
struct chan *listener_take(struct listener *l);

#endif
