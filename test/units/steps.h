/* steps: the work of a function of C, counted without a clock: its instructions. */
#ifndef STEPS_H
#define STEPS_H

#include <stddef.h>

/* The instructions of fn(arg), in a copy of this process that is traced. 0: nothing may be traced
 * here. */
size_t steps_of(void (*fn)(void *arg), void *arg);

#endif
