/* strays: processes that lost their parent and are ours now, because we are the subreaper. */
#ifndef STRAYS_H
#define STRAYS_H

/* The children that we have now are not: whoever exec'd us had them. */
void strays_begin(void);

/* Wait for those that are guards, too: told to end by their parent's death, they undo what their
 * workers did, and nobody else would. */
void strays_await_guards(double seconds);

/* Kill all others, and what they leave us, until none is there; those that are
 * still there after `seconds` are named on stderr. */
void strays_kill(double seconds);

#endif
