/* strays: processes that lost their parent and are ours now, because we are the subreaper. */
#include "guard/strays.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/guard.h"
#include "guard/undo.h"

/* children from before, of whoever exec'd us */
static pid_t strangers[64];
static size_t n_strangers;

static bool
is_stranger(pid_t pid)
{
	for (size_t i = 0; i < n_strangers; i++)
		if (strangers[i] == pid)
			return true;
	return false;
}

/* Of a process's /proc/PID/stat, "PID (NAME) STATE PARENT ...": is it our child? Cuts it behind
 * STATE. */
static bool
is_child(char *stat)
{
	char *p = strrchr(stat, ')');
	pid_t ppid = 0;

	if (p == NULL || sscanf(p + 1, " %*c %d", &ppid) != 1 || ppid != getpid())
		return false;
	p[3] = '\0';
	return true;
}

/* The kernel knows without a look at every process there is. Reaps nobody. */
static bool
is_childless(void)
{
	siginfo_t si;

	return waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD;
}

/* Calls fn with each child of ours and its "PID (NAME) STATE". False where there is none. */
static bool
each_child(void (*fn)(pid_t pid, const char *what))
{
	DIR *d = is_childless() ? NULL : opendir("/proc");
	struct dirent *e;
	bool any = false;

	while (d != NULL && (e = readdir(d)) != NULL) {
		char path[300], text[512];
		pid_t pid = atoi(e->d_name);
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%s/stat", e->d_name);
		f = pid > 0 ? fopen(path, "re") : NULL;
		if (f == NULL)
			continue;
		text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
		fclose(f);
		if (!is_child(text) || is_stranger(pid))
			continue;
		any = true;
		fn(pid, text);
	}
	if (d != NULL)
		closedir(d);
	return any;
}

static void
child_is_stranger(pid_t pid, const char *what)
{
	(void)what;
	if (n_strangers < sizeof(strangers) / sizeof(strangers[0]))
		strangers[n_strangers++] = pid;
}

static void
child_kill(pid_t pid, const char *what)
{
	(void)what;
	kill(pid, SIGKILL);
}

static void
child_tell(pid_t pid, const char *what)
{
	(void)pid;
	fprintf(stderr, "moonrig: stuck, SIGKILL does not end it: process %s\n", what);
}

void
strays_begin(void)
{
	each_child(child_is_stranger);
}

static size_t n_guards;

static void
child_count_guard(pid_t pid, const char *what)
{
	(void)pid;
	if (strstr(what, "(" GUARD_NAME ") ") != NULL)
		n_guards++;
}

void
strays_await_guards(double seconds)
{
	double until = undo_now() + seconds;

	do {
		undo_reap();
		n_guards = 0;
		each_child(child_count_guard);
		if (n_guards > 0)
			undo_nap();
	} while (n_guards > 0 && undo_now() < until);
}

void
strays_kill(double seconds)
{
	double until = undo_now() + seconds;

	while (each_child(child_kill) && undo_now() < until) {
		undo_reap();
		undo_nap();
	}
	undo_reap();
	each_child(child_tell);
}
