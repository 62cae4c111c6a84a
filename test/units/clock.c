/* clock: the monotonic clock of a unit, which a test can stop. */
#include "units/clock.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static bool stands;
static time_t ahead;
static struct timespec stood_at;

/* In place of libc's, for libuv, too. */
int
clock_gettime(clockid_t id, struct timespec *ts)
{
	if (stands && (id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE)) {
		*ts = stood_at;
		return 0;
	}
	if (syscall(SYS_clock_gettime, id, ts) < 0)
		return -1;
	if (id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE)
		ts->tv_sec += ahead;
	return 0;
}

void
clock_jump(int seconds)
{
	ahead += seconds;
}

void
clock_stop(bool stop)
{
	stands = false;
	clock_gettime(CLOCK_MONOTONIC, &stood_at);
	stands = stop;
}
