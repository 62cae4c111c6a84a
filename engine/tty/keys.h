/* keys: single keys pressed at a terminal. */
#ifndef KEYS_H
#define KEYS_H

#include "core/scope.h"

struct keys;

/* Keys of the terminal `fd`, each as it is pressed and not shown; Ctrl-C stays a
 * signal. A resource of the scope's: closed, the terminal is as it was. -ENOTTY: it
 * is none, or another program's just now (we were started in the background).
 * Whoever has a guard has it set the terminal right after a SIGKILL. */
int keys_open(struct keys **k, struct scope *s, int fd);
struct res *keys_res(struct keys *k);

/* `w` ends with 0 once there is a key to take; -EPIPE once there will be none.
 * One wait at a time: -EBUSY. */
int keys_await(struct keys *k, double seconds, struct wait *w);

/* The key that was pressed first, a byte; -1: none is left. */
int keys_take(struct keys *k);

#endif
