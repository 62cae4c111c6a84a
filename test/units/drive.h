/* drive: the loop, turned by a unit test until its wait has ended. */
#ifndef DRIVE_H
#define DRIVE_H

#include <stdbool.h>

#include "core/scope.h"
#include "core/wait.h"

/* A wait to hand to what will end it; freed by drive_wait. */
struct wait *drive_new(void);

/* Turn the loop until it has ended; its status. */
int drive_wait(struct wait *w);

/* Has it ended already? */
bool drive_ended(const struct wait *w);

/* Turn the loop until `done(arg)`. */
void drive_until(bool (*done)(void *arg), void *arg);

/* Turn the loop without waiting for anything, so many times. */
void drive_turns(int n);

/* Close the scope and all that it holds; turn until it is closed. */
void drive_close(struct scope *s);

#endif
