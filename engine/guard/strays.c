/* strays: processes that lost their parent and are ours now, because we are the subreaper. */
#include "guard/strays.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/loop.h"
#include "guard/guard.h"
#include "guard/proc.h"

/* the children that this process had before it executed moonrig */
static pid_t strangers[64];
static size_t n_strangers;
static size_t n_guards;

static bool
is_stranger(pid_t pid)
{
	for (size_t i = 0; i < n_strangers; i++)
		if (strangers[i] == pid)
			return true;
	return false;
}

/* The kernel knows without a look at each process. Reaps none. */
static bool
is_childless(void)
{
	siginfo_t si;

	return waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD;
}

/* Calls fn with each child of ours. False where there is none. */
static bool
each_child(void (*fn)(const struct proc *p))
{
	DIR *d = is_childless() ? NULL : opendir("/proc");
	struct proc p;
	bool any = false;

	while (proc_next(d, &p)) {
		if (p.parent != getpid() || is_stranger(p.pid))
			continue;
		any = true;
		fn(&p);
	}
	if (d != NULL)
		closedir(d);
	return any;
}

static void
child_is_stranger(const struct proc *p)
{
	if (n_strangers < sizeof(strangers) / sizeof(strangers[0]))
		strangers[n_strangers++] = p->pid;
}

static void
child_kill(const struct proc *p)
{
	kill(p->pid, SIGKILL);
}

static void
child_report(const struct proc *p)
{
	fprintf(stderr, "moonrig: stuck, SIGKILL does not end it: process %s\n", p->text);
}

static void
child_count_guard(const struct proc *p)
{
	n_guards += strstr(p->text, "(" GUARD_NAME ") ") != NULL;
}

void
strays_begin(void)
{
	each_child(child_is_stranger);
}

void
strays_await_guards(double seconds)
{
	double until = loop_now() + seconds;

	do {
		n_guards = 0;
		each_child(child_count_guard);
	} while (n_guards > 0 && proc_pause(until));
}

void
strays_kill(double seconds)
{
	double until = loop_now() + seconds;

	while (each_child(child_kill) && proc_pause(until))
		;
	each_child(child_report);
}
