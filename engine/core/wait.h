/* wait: one thing awaited, with an absolute deadline, and whom to tell. */
#ifndef WAIT_H
#define WAIT_H

#include <stdbool.h>

#include "core/loop.h"

struct wait {
	/* Called once, with 0 or a negative errno (-ETIMEDOUT at the deadline). */
	void (*done)(struct wait *w, int status);
	void *arg;

	/* Set by whoever will end the wait: told when it ended without him. */
	void (*forget)(void *owner, struct wait *w);
	void *owner;

	struct timer *timer;
	double since; /* loop_now() when armed */
	double seconds;
	bool armed;
};

/* Arm for at most `seconds`; no output extends them. */
void
wait_arm(struct wait *w, double seconds, void (*forget)(void *owner, struct wait *w), void *owner);

/* The awaited thing came about (or failed). No-op on a wait that has ended. */
void wait_end(struct wait *w, int status);

/* End it from the waiter's side; the owner is told to forget it. */
void wait_cancel(struct wait *w, int status);

#endif
