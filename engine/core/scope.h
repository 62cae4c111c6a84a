/* scope: what is owned, and undone in reverse order. */
#ifndef SCOPE_H
#define SCOPE_H

#include <stdbool.h>

#include "core/wait.h"

struct res;
struct scope;

struct res_ops {
	const char *kind;
	/* Ask it to end; res_closed() is called when it has. NULL: go straight to hard. */
	void (*soft)(struct res *r);
	/* End it now: cannot fail, cannot wait; calls res_closed() soon or at once. */
	void (*hard)(struct res *r);
	/* Nobody holds it any more. */
	void (*destroy)(struct res *r);
};

enum res_state { RES_OPEN, RES_CLOSING, RES_CLOSED };

/* A resource: embedded first in what it is. Held by its scope until it is
 * closed, and by each Lua handle. */
struct res {
	const struct res_ops *ops;
	char name[64];
	enum res_state state;
	double grace; /* seconds between soft and hard */
	int holds;
	struct scope *scope;
	struct res *older, *newer;
	struct timer *timer;
	struct wait *waiting; /* for its end */
	bool hardened;
	bool detached; /* may outlive its case without that being an error */
};

/* Register with the scope before anybody sees it; takes the scope's hold. */
void
res_open(struct res *r, const struct res_ops *ops, struct scope *s, const char *name, double grace);

/* Start to close; a second call, or one on a closed resource, does nothing. */
void res_close(struct res *r);
void res_harden(struct res *r);

/* Said by the resource itself: I am gone. Leaves its scope. */
void res_closed(struct res *r);

/* Wait until it is closed. */
void res_await(struct res *r, struct wait *w, double seconds);

void res_hold(struct res *r);
void res_drop(struct res *r);

/* A scope is a resource of its parent's (NULL: the outermost). */
struct scope *scope_new(struct scope *parent, const char *name);
struct res *scope_res(struct scope *s);

/* The newest that is still open, and what came before it. */
struct res *scope_newest(struct scope *s);

/* The worker's outermost scope; opened on first use. */
struct scope *scope_root(void);

/* Something could not be undone, or not be recorded: said on stderr, and the
 * first of it kept: a verdict must not be PASS then. */
void scope_note_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
const char *scope_first_error(void); /* NULL: none */

#endif
