/* journal: the guard's undo list on disk, for a sweep when the guard was killed. */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <stddef.h>

struct journal;

/* A new journal in a folder that only its user may write, named for the calling process, the later
 * guard. NULL on failure (it is a second line of defence); the others take NULL. */
struct journal *journal_begin(const char *folder);

/* After a fork, in the worker: append by a descriptor that does not hold the guard's lock. */
void journal_share(struct journal *j);

/* Append a record (undo.h), before the action that it undoes. */
void journal_add(struct journal *j, const char *record, size_t len);

/* All is undone: remove it. */
void journal_end(struct journal *j);

/* Run and remove the journals of dead guards, and return their number. Leaves the journal of a
 * living guard alone, also of one in another container or on another machine, and each process that
 * is not exactly the listed one. Call it while the process has no children. */
int journal_sweep(const char *folder);

#endif
