/* keys: single keys pressed at a terminal. */
#ifndef KEYS_H
#define KEYS_H

#include "core/scope.h"

struct keys;

/* Read keys of the terminal `fd` without echo; Ctrl-C stays a signal. A resource of the scope: its
 * close restores the terminal's modes, and so does the guard after a SIGKILL. -ENOTTY: no terminal,
 * or another program has it (we are in the background). */
int keys_open(struct keys **k, struct scope *s, int fd);
struct res *keys_res(struct keys *k);

/* `w` ends with the next key, a byte; -EPIPE at the end. One wait at a time: -EBUSY. */
int keys_await(struct keys *k, double seconds, struct wait *w);

#endif
