/* changes: a set of folders, and those of them that have changed. */
#ifndef CHANGES_H
#define CHANGES_H

#include <stddef.h>

#include "core/scope.h"

struct changes;

/* A resource of the scope, with no folder yet. */
struct changes *changes_open(struct scope *s, const char *name);
struct res *changes_res(struct changes *c);

/* Watch these folders from now on, and no others. A folder that was removed and made again is
 * watched anew; one that does not exist is left out. -errno, with the folder in `*bad`, when the
 * kernel gives no more watches. */
int changes_set(struct changes *c, char *const *folders, size_t n, const char **bad);

/* `w` ends with 0 once changes_take() has a folder to return, -EPIPE once it is closed. One wait at
 * a time: -EBUSY. */
int changes_await(struct changes *c, double seconds, struct wait *w);

/* A folder that changed, each once; NULL: no more. Valid until the next call. */
const char *changes_take(struct changes *c);

#endif
