/* undo: what is to be undone, newest first. */
#ifndef UNDO_H
#define UNDO_H

#include <stdbool.h>
#include <stddef.h>

/* Take a record, "+ID KIND" and NUL-separated words, or "-ID", which takes one
 * back. A NUL stands behind its last byte. Kinds: group (PID START), unlink
 * PATH, tree PATH (absolute), huge PREFIX, run ARGV; and worker (PID START), who made all the
 * others and is ended before them, lest it makes more. What is not that to the letter is not
 * taken: it may come from a file that somebody else spoilt. */
void undo_take(const char *record, size_t len);

/* Undo all that was taken. Waits: some seconds for each group and command. */
void undo_all(bool is_same_boot);

#endif
