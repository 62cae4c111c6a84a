/* scope: the owner of resources, which it closes in reverse order. */
#ifndef SCOPE_H
#define SCOPE_H

#include <stdbool.h>
#include <sys/queue.h>

#include "core/wait.h"

struct res;
struct scope;

struct res_ops {
	const char *kind;
	/* Ask it to end; it calls res_closed() when it has. NULL: it has a hard end only. */
	void (*soft)(struct res *r);
	/* End it now: cannot fail or wait; calls res_closed() soon or at once. */
	void (*hard)(struct res *r);
	/* Free it: the last hold was dropped. NULL: it has no parts. */
	void (*destroy)(struct res *r);
};

enum res_state { RES_OPEN, RES_CLOSING, RES_CLOSED };

/* A resource: the first member of its struct. Its scope holds it until it is closed; so does each
 * Lua handle. */
struct res {
	const struct res_ops *ops;
	char name[64];
	enum res_state state;
	double grace; /* seconds between soft and hard */
	int holds;
	struct scope *scope;
	LIST_ENTRY(res) older; /* of its scope */
	struct timer *timer;
	struct wait *waiting; /* for its end */
	bool hardened;
	bool detached; /* may stay open when its case ends */
};

/* Register with the scope before it is visible; takes the scope's hold. */
void
res_open(struct res *r, const struct res_ops *ops, struct scope *s, const char *name, double grace);

/* Start to close; a second call, or one on a closed resource, does nothing. */
void res_close(struct res *r);
void res_harden(struct res *r);

/* Called by the resource itself once it has ended. It leaves its scope. */
void res_closed(struct res *r);

/* Wait until it is closed. */
void res_await(struct res *r, struct wait *w, double seconds);

void res_hold(struct res *r);
void res_drop(struct res *r);

/* A scope is a resource of its parent (NULL: the outermost). */
struct scope {
	struct res res;
	LIST_HEAD(res_list, res) open; /* newest first */
};

struct scope *scope_new(struct scope *parent, const char *name);

/* The scope that a resource is; NULL: it is none. */
struct scope *scope_of(struct res *r);

/* The worker's outermost scope; opened on first use. */
struct scope *scope_root(void);

/* An undo or a record failed: prints it on stderr. A verdict must not be PASS after the first one.
 */
void scope_note_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
const char *scope_first_error(void); /* NULL: none */

#endif
