/* changes: which of some folders have changed. */
#ifndef CHANGES_H
#define CHANGES_H

#include <stddef.h>

#include "core/scope.h"

struct changes;

/* A resource of the scope's; watches nothing yet. */
struct changes *changes_open(struct scope *s, const char *name);
struct res *changes_res(struct changes *c);

/* Watch these folders from now on, and no others. One that is another than it was
 * when its watch began (removed and made again) is watched anew. One that is not
 * there is left out. -errno where the kernel watches no more, `*bad` being which. */
int changes_set(struct changes *c, char *const *folders, size_t n, const char **bad);

/* `w` ends with 0 once something has changed that was not taken: at once where
 * that is so; -EPIPE once it is closed. One wait at a time: -EBUSY. */
int changes_await(struct changes *c, double seconds, struct wait *w);

/* A folder that changed, each once; NULL: no other did. Valid until the next call here. */
const char *changes_take(struct changes *c);

#endif
