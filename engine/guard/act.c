/* act: one undo, done. */
#include "guard/act.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/loop.h"
#include "guard/huge.h"
#include "guard/proc.h"

#define RUN_SECONDS  20.0
#define GONE_SECONDS 3.0

/* SIGKILL until it is gone: the worker may be held in the kernel for a moment. */
static void
act_worker(const struct argv *words)
{
	pid_t pid = atoi(words->v[0]);
	unsigned long long start = strtoull(words->v[1], NULL, 10);
	double until = loop_now() + GONE_SECONDS;

	while (proc_is_running(pid, start) && kill(pid, SIGKILL) == 0 && proc_pause(until))
		;
}

static void
act_group(const struct argv *words)
{
	pid_t pid = atoi(words->v[0]);
	unsigned long long start = strtoull(words->v[1], NULL, 10), seen = proc_start_time(pid);
	double until = loop_now() + GONE_SECONDS;

	/* the leader may be gone and its group not; with another start it is another process */
	if (seen != 0 && seen != start)
		return;
	while (kill(-pid, SIGKILL) == 0 && proc_group_is_running(pid) && proc_pause(until))
		;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

static void
act_run(const struct argv *words)
{
	double until = loop_now() + RUN_SECONDS;
	pid_t pid = fork();

	if (pid == 0) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		setsid();
		execvp(words->v[0], words->v);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, NULL, WNOHANG) == 0) {
		if (proc_pause(until))
			continue;
		kill(-pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return;
	}
}

void
act_do(const char *kind, const struct argv *words)
{
	if (strcmp(kind, "worker") == 0)
		act_worker(words);
	else if (strcmp(kind, "group") == 0)
		act_group(words);
	else if (strcmp(kind, "tree") == 0)
		nftw(words->v[0], remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	else if (strcmp(kind, "huge") == 0)
		huge_remove(words->v[0]);
	else if (strcmp(kind, "run") == 0)
		act_run(words);
}
