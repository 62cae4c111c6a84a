/* appear: wait for a file or socket to come into being. */
#ifndef APPEAR_H
#define APPEAR_H

#include "core/wait.h"

/* `w` ends with 0 once `path` exists. Its folder must be there: -ENOENT. The
 * folder's events wake us; nothing is looked at in between. */
int appear_await(const char *path, double seconds, struct wait *w);

#endif
