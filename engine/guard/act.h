/* act: one thing undone, for good. */
#ifndef ACT_H
#define ACT_H

#include "core/buf.h"

/* Of a record that undo.c took. Waits some seconds for a process and a command. (A
 * file of its own, so that what fuzzes journals can be built without.) */
void act_do(const char *kind, const struct argv *words);

#endif
