/* guard: the process that undoes a worker's actions when the worker is gone. */
#include "guard/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/loop.h"
#include "guard/journal.h"
#include "guard/proc.h"
#include "guard/strays.h"
#include "guard/undo.h"

/* One record: "+ID KIND" or "-ID", then NUL-separated words. */
#define RECORD_MAX   16384
#define GONE_SECONDS 3.0
/* between our parent's death (or SIGTERM) and a SIGKILL for the worker */
#define WORKER_GRACE 4.0
/* for the guards of our worker's own workers: their grace, and 20 s for a command */
#define GUARDS_SECONDS 35.0
/* a killed worker is gone at once, unless the kernel holds it */
#define KILL_SECONDS 5.0

static struct journal *journal;
static int guard_fd = -1;
static int last_id;
static struct termios terminal_modes;
static bool has_terminal;

/* ---- the worker's side ---- */

static int
guard_add(const char *kind, char *const *words)
{
	struct buf b = { 0 };
	ssize_t n;

	if (guard_fd < 0)
		return 0;
	buf_printf(&b, "+%d %s", ++last_id, kind);
	for (; *words != NULL; words++)
		buf_printf(&b, "%c%s", '\0', *words);
	journal_add(journal, b.data, b.len);
	do
		n = send(guard_fd, b.data, b.len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	buf_free(&b);
	if (n < 0) {
		/* an undo would never run: the guard's death sends SIGTERM to us */
		fprintf(stderr, "moonrig: the guard process has ended; exiting\n");
		close(guard_fd);
		guard_fd = -1;
	}
	return last_id;
}

/* For a sweep only: a living guard ends its worker itself. */
static void
journal_worker(struct journal *j)
{
	struct buf b = { 0 };

	buf_printf(&b, "+0 worker%c%d%c%llu", '\0', (int)getpid(), '\0', proc_start_time(getpid()));
	journal_add(j, b.data, b.len);
	buf_free(&b);
}

int
guard_group(pid_t leader, unsigned long long start)
{
	char pid[32], since[32];
	char *words[] = { pid, since, NULL };

	snprintf(pid, sizeof(pid), "%d", (int)leader);
	snprintf(since, sizeof(since), "%llu", start);
	return guard_add("group", words);
}

int
guard_tree(const char *path)
{
	/* a sweep may run in another working directory */
	char *here = path[0] != '/' ? getcwd(NULL, 0) : NULL;
	char *whole = here != NULL ? xsprintf("%s/%s", here, path) : xstrdup(path);
	char *words[] = { whole, NULL };
	int id = guard_add("tree", words);

	free(here);
	free(whole);
	return id;
}

int
guard_huge(const char *prefix)
{
	char *words[] = { (char *)prefix, NULL };

	return guard_add("huge", words);
}

int
guard_run(char *const *argv)
{
	return guard_add("run", argv);
}

void
guard_drop(int id)
{
	char text[32];
	int n;

	if (guard_fd < 0 || id == 0)
		return;
	n = snprintf(text, sizeof(text), "-%d", id);
	journal_add(journal, text, (size_t)n);
	while (send(guard_fd, text, (size_t)n, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

/* ---- the guard's side ---- */

/* False once the worker has closed its end. */
static bool
undo_read(int fd)
{
	char text[RECORD_MAX + 1];

	for (;;) {
		ssize_t n = recv(fd, text, RECORD_MAX, MSG_DONTWAIT);

		if (n == 0)
			return false;
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		text[n] = '\0';
		undo_take(text, (size_t)n);
	}
}

struct worker {
	pid_t pid;
	double kill_at; /* 0: it was not asked to end; once killed: when we give it up */
	bool killed;
};

static void
worker_kill(struct worker *w)
{
	kill(w->pid, SIGKILL);
	if (!w->killed)
		w->kill_at = loop_now() + KILL_SECONDS;
	w->killed = true;
}

static void
pass_signal(int fd, struct worker *w)
{
	struct signalfd_siginfo si;

	if (read(fd, &si, sizeof(si)) != (ssize_t)sizeof(si) || si.ssi_signo == SIGCHLD)
		return;
	/* the terminal sends its signals to the worker, too */
	if (si.ssi_code == SI_KERNEL && si.ssi_signo != SIGTERM)
		return;
	if (si.ssi_signo == SIGUSR1)
		worker_kill(w);
	else
		kill(w->pid, (int)si.ssi_signo);
	if (si.ssi_signo == SIGTERM && w->kill_at == 0)
		w->kill_at = loop_now() + WORKER_GRACE;
}

/* Behind its deadline it is killed, and later given up. True once it is given up. */
static bool
worker_is_overdue(struct worker *w)
{
	if (w->kill_at == 0 || loop_now() <= w->kill_at)
		return false;
	if (w->killed)
		return true;
	worker_kill(w);
	return false;
}

/* Ctrl-Z: the worker has put the terminal in order and stopped. Only now the shell may see the
 * guard stop. A SIGCONT for the guard is for both. Without a terminal the guard goes on: it has to
 * undo all when its parent is killed meanwhile. */
static void
stop_too(pid_t worker)
{
	raise(SIGSTOP);
	kill(worker, SIGCONT);
}

/* The worker's exit status, as a shell has it in $?. */
static int
guard_watch(int sock, int sigs, pid_t worker)
{
	struct worker w = { .pid = worker };
	bool open = true;
	int status;

	for (;;) {
		struct pollfd p[2] = { { .fd = sigs, .events = POLLIN },
				       { .fd = open ? sock : -1, .events = POLLIN } };
		pid_t pid;

		poll(p, 2, w.kill_at > 0 ? 200 : -1);
		if (p[1].revents)
			open = undo_read(sock);
		if (p[0].revents)
			pass_signal(sigs, &w);
		while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
			if (pid == worker && !WIFSTOPPED(status))
				return WIFEXITED(status) ? WEXITSTATUS(status)
							 : 128 + WTERMSIG(status);
			if (pid == worker && has_terminal && WSTOPSIG(status) == SIGTSTP)
				stop_too(worker);
		}
		if (worker_is_overdue(&w))
			return GUARD_UNKILLABLE;
	}
}

/* Restore the terminal: a worker that was killed while it edited a line left other modes. */
static void
give_terminal_back(void)
{
	/* in the background it belongs to another program */
	if (has_terminal && tcgetpgrp(STDIN_FILENO) == getpgrp())
		tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal_modes);
}

static _Noreturn void
guard_main(int sock, int sigs, pid_t worker, struct journal *j)
{
	int status = guard_watch(sock, sigs, worker);

	give_terminal_back();
	strays_await_guards(GUARDS_SECONDS);
	undo_read(sock);
	undo_all(true);
	strays_kill(GONE_SECONDS);
	journal_end(j);
	_exit(status);
}

/* A descriptor of the signals that the guard handles, blocked from now on. */
static int
take_signals(sigset_t *old)
{
	static const int handled[] = { SIGINT,  SIGTERM, SIGHUP,  SIGQUIT, SIGTSTP,
				       SIGCHLD, SIGUSR1, SIGUSR2, SIGCONT };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(handled) / sizeof(handled[0]); i++)
		sigaddset(&set, handled[i]);
	sigprocmask(SIG_BLOCK, &set, old);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* The worker's part of the fork. */
static void
worker_begin(int fd, struct journal *j)
{
	/* A signal to the guard's group reaches the worker once, through the guard. At a terminal
	 * both are in one group. */
	if (!isatty(STDIN_FILENO))
		setpgid(0, 0);
	/* a worker must not outlive a guard that was killed */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	guard_fd = fd;
	journal = j;
	journal_share(j);
	journal_worker(j);
}

int
guard_start(const char *folder)
{
	struct journal *j;
	int pair[2], sigs, rc;
	pid_t parent = getppid(), worker;
	sigset_t old;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	/* before the fork: a worker may change them before its guard runs */
	has_terminal = tcgetattr(STDIN_FILENO, &terminal_modes) == 0;
	strays_begin();
	sigs = take_signals(&old);
	j = journal_begin(folder);
	if (sigs < 0 || (worker = fork()) < 0) {
		rc = -errno;
		journal_end(j);
		close(pair[0]);
		close(pair[1]);
		sigprocmask(SIG_SETMASK, &old, NULL);
		return rc;
	}
	if (worker > 0) {
		close(pair[1]);
		prctl(PR_SET_CHILD_SUBREAPER, 1);
		prctl(PR_SET_NAME, GUARD_NAME);
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			kill(getpid(), SIGTERM);
		guard_main(pair[0], sigs, worker, j);
	}
	close(pair[0]);
	close(sigs);
	worker_begin(pair[1], j);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return 0;
}
