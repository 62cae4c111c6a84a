/* act: one undo, done. */
#ifndef ACT_H
#define ACT_H

#include "core/buf.h"

/* Do a record's undo. Waits some seconds for a process or a command. (A file of its own: the fuzz
 * program for journals is built without it.) */
void act_do(const char *kind, const struct argv *words);

#endif
