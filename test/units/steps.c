/* steps: the work of a function of C, counted without a clock: its instructions. */
#include "units/steps.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void
traced(void (*fn)(void *arg), void *arg)
{
	alarm(0);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(1);
	raise(SIGSTOP);
	fn(arg);
	raise(SIGSTOP);
	_exit(0);
}

static bool
has_stopped_with(pid_t pid, int sig)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFSTOPPED(status) && WSTOPSIG(status) == sig;
}

size_t
steps_of(void (*fn)(void *arg), void *arg)
{
	pid_t pid = fork();
	size_t n = 0;

	if (pid == 0)
		traced(fn, arg);
	if (pid < 0 || !has_stopped_with(pid, SIGSTOP))
		return 0;
	while (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == 0 && has_stopped_with(pid, SIGTRAP))
		n++;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return n;
}
