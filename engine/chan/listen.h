/* listen: a unix socket that others of the same user connect to. */
#ifndef LISTEN_H
#define LISTEN_H

#include "chan/chan.h"
#include "core/scope.h"

struct listener;

/* Bind PATH (mode 0700), which must not be there yet, and listen. A detached resource of the
 * scope's; its end removes PATH, and so does the guard. -errno. */
int listener_open(struct listener **out, struct scope *s, const char *path);
struct res *listener_res(struct listener *l);

/* Wait for a connection; another user's is refused unseen. -EBUSY while another waits. */
int listener_await(struct listener *l, double seconds, struct wait *w);
/* The oldest connection that nobody took, NULL without any. */
struct chan *listener_take(struct listener *l);

#endif
