/* appear: wait until a file or socket exists. */
#ifndef APPEAR_H
#define APPEAR_H

#include "core/wait.h"

/* `w` ends with 0 once `path` exists. -ENOENT when its folder does not exist. Woken by the folder's
 * events. */
int appear_await(const char *path, double seconds, struct wait *w);

#endif
