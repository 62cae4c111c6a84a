/* clock: the monotonic clock of a unit. A test can stop it: then no deadline and no timer ends a
 * wait. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>

/* For this process and those that it forks from now on. */
void clock_stop(bool stop);

/* So many seconds are over. */
void clock_jump(int seconds);

#endif
