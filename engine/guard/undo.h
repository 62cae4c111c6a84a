/* undo: the list of undos, run newest first. */
#ifndef UNDO_H
#define UNDO_H

#include <stdbool.h>
#include <stddef.h>

/* Take a record: "+ID KIND" and NUL-separated words, or "-ID", which drops one. A NUL stands behind
 * its last byte. Kinds: group (PID START), tree PATH (absolute), huge PREFIX, run ARGV, and worker
 * (PID START), which made all others and is killed first. Any other record is ignored: the file may
 * be damaged. */
void undo_take(const char *record, size_t len);

/* Undo all. Waits some seconds for each group and command. */
void undo_all(bool is_same_boot);

#endif
