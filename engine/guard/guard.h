/* guard: the process that undoes a worker's actions when the worker is gone. */
#ifndef GUARD_H
#define GUARD_H

#include <sys/types.h>

/* The guard's exit status when SIGKILL did not end its worker (it hangs in the kernel, in state D).
 * The undo list was run all the same. */
#define GUARD_UNKILLABLE 125

/* A guard's name in /proc. */
#define GUARD_NAME "moonrig-guard"

/* Fork: the caller continues as the guarded worker; its parent becomes the guard and never returns.
 * The guard waits for the worker's end, runs its undo list, newest first, and exits with the
 * worker's status (128 + signal when a signal ended it). SIGTERM gives the worker 4 s to exit,
 * SIGUSR1 none. -errno when nothing was forked. A journal in `folder` (NULL: none) has the same
 * list, for a later journal_sweep when the guard was killed, too. */
int guard_start(const char *folder);

/* Register how to undo an action, before it is done. Each returns an id for guard_drop, or 0 when
 * no guard runs. */
/* SIGKILL the process group, if its leader has this proc_start_time. */
int guard_group(pid_t leader, unsigned long long start);
int guard_tree(const char *path);   /* a file, a socket, or a folder with its content */
int guard_huge(const char *prefix); /* EAL's files in hugetlbfs */
int guard_run(char *const *argv);   /* a command, 20 s at most */
void guard_drop(int id);

#endif
