/* wait: one thing awaited, with an absolute deadline and a callback. */
#ifndef WAIT_H
#define WAIT_H

#include <stdbool.h>

#include "core/loop.h"

struct wait {
	/* Called once, with 0, a value of the owner's, or a negative errno (-ETIMEDOUT: late). */
	void (*done)(struct wait *w, int status);
	void *arg;

	/* Set by the owner, which will end the wait: called when it ends without the owner. */
	void (*forget)(void *owner, struct wait *w);
	void *owner;
	struct wait *next; /* in a list */

	struct timer *timer;
	unsigned long number; /* of all waits that were armed */
	double since;         /* loop_now() when armed */
	double seconds;
	bool armed;
};

/* Arm for at most `seconds`; no output extends the deadline. */
void
wait_arm(struct wait *w, double seconds, void (*forget)(void *owner, struct wait *w), void *owner);

/* The awaited thing happened (or failed). No-op on a wait that has ended. */
void wait_end(struct wait *w, int status);

/* End it from the waiter's side; the owner forgets it. */
void wait_cancel(struct wait *w, int status);

/* Arm it in its owner's list, which it leaves when it ends from the waiter's side. */
void wait_queue(struct wait **list, struct wait *w, double seconds);

/* End all of a list. The last one's callback may free the list. */
void wait_end_all(struct wait **list, int status);

#endif
