/* proc: a process as /proc shows it. */
#ifndef PROC_H
#define PROC_H

#include <dirent.h>
#include <stdbool.h>
#include <sys/types.h>

struct proc {
	char text[128]; /* "PID (NAME) STATE" */
	pid_t pid, parent, group;
	char state;               /* 0: no such process */
	unsigned long long start; /* in clock ticks since boot (proc(5), field 22) */
};

/* The next process of an open /proc; false behind the last one, and for NULL. */
bool proc_next(DIR *d, struct proc *p);

/* When a process started; 0 when there is none. With the pid it names one process for good. */
unsigned long long proc_start_time(pid_t pid);

/* Does the process that started then still run? A zombie does not. */
bool proc_is_running(pid_t pid, unsigned long long start);

/* Does any process of the group run? Zombies of another parent may stay in it for long. */
bool proc_group_is_running(pid_t group);

/* Sleep 2 ms, where no event can be awaited, and reap each child that has ended. False once `until`
 * (loop_now()) is over. */
bool proc_pause(double until);

#endif
