/* journal: the guard's list on disk, for when nobody is left to undo it. */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <stddef.h>

struct journal;

/* A new journal in a folder that only its user may write; it names the calling
 * process, which is to be the guard. NULL where it cannot be (it is a second
 * line of defence); the others take NULL. */
struct journal *journal_begin(const char *folder);

/* After a fork: the calling process, the worker, appends to it from now on, and
 * is no part of its guard's life. */
void journal_share(struct journal *j);

/* Append a record (undo.h), before what it undoes is done. */
void journal_add(struct journal *j, const char *record, size_t len);

/* All was undone: remove it. */
void journal_end(struct journal *j);

/* Undo what journals list whose guard is gone, and remove them. Touches no
 * journal of a guard that lives, be it in another container or on another
 * machine, and no process but the very one that was listed. Call it while the process has no
 * children. Returns how many. */
int journal_sweep(const char *folder);

#endif
