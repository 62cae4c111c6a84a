/* strays: processes that lost their parent and are ours now, because we are the subreaper. */
#ifndef STRAYS_H
#define STRAYS_H

/* Exclude the children that this process has now: it had them before it executed moonrig. */
void strays_begin(void);

/* Wait for the strays that are guards. Their parent's death ends them, and only they can undo their
 * workers' actions. */
void strays_await_guards(double seconds);

/* Kill all strays, and their own strays, until none is left. Prints those on stderr that are left
 * after `seconds`. */
void strays_kill(double seconds);

#endif
