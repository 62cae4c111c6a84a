/* undo: what is to be undone, newest first. */
#ifndef UNDO_H
#define UNDO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Take a record, "+ID KIND" and NUL-separated words, or "-ID", which takes one
 * back. A NUL stands behind its last byte. Kinds: group (PID START), unlink
 * PATH, tree PATH (absolute), huge PREFIX, run ARGV; and worker (PID START), who made all the
 * others and is ended before them, lest it makes more. What is not that to the letter is not
 * taken: it may come from a file that somebody else spoilt. */
void undo_take(const char *record, size_t len);

/* Undo all that was taken. Waits: some seconds for each group and command. */
void undo_all(bool is_same_boot);

/* When a process started, in clock ticks since boot; 0 when there is none.
 * Together with the pid it names one process for good (proc(5), field 22). */
unsigned long long undo_start_time(pid_t pid);

/* Does the process that started then still run? A zombie does not. */
bool undo_is_running(pid_t pid, unsigned long long start);

/* Does any process of a group? Somebody's zombies stay in it for as long as he likes. */
bool undo_group_is_running(pid_t group);

double undo_now(void);
void undo_nap(void);  /* 2 ms, where there is no event to wait for */
void undo_reap(void); /* whatever child has ended */

#endif
