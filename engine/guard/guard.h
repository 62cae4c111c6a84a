/* guard: the process that undoes what we did when we no longer can. */
#ifndef GUARD_H
#define GUARD_H

#include <sys/types.h>

/* The guard's exit status where SIGKILL did not end its worker (it is in the kernel, in
 * state D): what could be undone was undone. */
#define GUARD_UNKILLABLE 125

/* How a guard is named, in /proc. */
#define GUARD_NAME "moonrig-guard"

/* Fork: the caller goes on as the guarded worker; its parent becomes the guard,
 * which never returns: it waits for the worker, however that ends, replays what
 * is still on the list, newest first, and exits with the worker's status
 * (128 + signal when a signal ended it). SIGTERM gives the worker 4 s to end by
 * itself, SIGUSR1 none. -errno when nothing was forked. What
 * the guard is told stands in a journal in `folder` (NULL: in none), for a later
 * journal_sweep where the guard was killed, too. */
int guard_start(const char *folder);

/* Tell the guard how to undo a thing, before doing it. Each returns an id for
 * guard_drop, or 0 where no guard runs. */
int guard_group(pid_t leader); /* SIGKILL a process group, if it is still that one */
int guard_group_since(pid_t leader, unsigned long long start); /* the one that started then */
int guard_unlink(const char *path);                            /* a file or socket */
int guard_tree(const char *path);                              /* a folder and all in it */
int guard_huge(const char *prefix);                            /* EAL's files in hugetlbfs */
int guard_run(char *const *argv);                              /* a command, 20 s at most */
void guard_drop(int id);

#endif
