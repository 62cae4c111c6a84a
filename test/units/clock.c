/* clock: the monotonic clock of a unit, which a test can stop. */
#include "units/clock.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static bool stands;
static struct timespec stood_at;

/* In place of libc's, for libuv, too. */
int
clock_gettime(clockid_t id, struct timespec *ts)
{
	if (stands && (id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE)) {
		*ts = stood_at;
		return 0;
	}
	return (int)syscall(SYS_clock_gettime, id, ts);
}

void
clock_stop(bool stop)
{
	stands = false;
	clock_gettime(CLOCK_MONOTONIC, &stood_at);
	stands = stop;
}
