/* copy: a file or a folder, copied from one node to another. */
#ifndef COPY_H
#define COPY_H

#include "core/buf.h"
#include "core/scope.h"
#include "node/node.h"

/* One end of it. */
struct copy_place {
	struct node *node;
	const char *path;
};

/* A resource; the starter has a hold, too. `path` and `error` are to be read once it has ended. */
struct copy;

/* Start it; `w` ends with 0, or with -errno of the first cause: that of the node's own words
 * (-ENOSPC), -EIO where they name none, -ECONNRESET where a session ended, -ETIMEDOUT. Both nodes
 * run a POSIX shell, cat, tar, mv, stat and readlink. In memory there are a few MiB at most.
 *
 * A file has its mode afterwards, and everything in a folder, too. Links in a folder are copied as
 * links; `from` itself is followed. `to` is the copy's name; a folder that exists gets it inside. A
 * file replaces a file, a folder nothing. The name appears once all is there; what came until a
 * failure is removed. -errno when it did not start.
 */
int copy_start(struct copy **out, struct scope *s, const struct copy_place *from,
	       const struct copy_place *to, double seconds, struct wait *w);

/* Where it is. */
const char *copy_path(const struct copy *c);
/* Why it failed, "No space left on device: vm:/x", and what the node printed (may be NULL). */
const char *copy_error(const struct copy *c);
const char *copy_tail(const struct copy *c);
struct res *copy_res(struct copy *c);

#endif
