/* guard: the process that undoes what we did when we no longer can. */
#include "guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "journal.h"
#include "undo.h"

/* One record: "+ID KIND" or "-ID", then NUL-separated words. */
#define RECORD_MAX   16384
#define GONE_SECONDS 3.0
/* between our parent's death (or SIGTERM) and a SIGKILL for the worker */
#define WORKER_GRACE 20.0

static struct journal *journal;
static int guard_fd = -1;
static int last_id;

/* ---- the worker's side ---- */

static int
guard_say(const char *kind, char *const *words)
{
	struct buf b = { 0 };
	ssize_t n;

	if (guard_fd < 0)
		return 0;
	buf_printf(&b, "+%d %s", ++last_id, kind);
	for (; *words != NULL; words++) {
		buf_add_char(&b, '\0');
		buf_add(&b, *words, strlen(*words));
	}
	journal_add(journal, b.data, b.len);
	do
		n = send(guard_fd, b.data, b.len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	buf_free(&b);
	if (n < 0) {
		/* nobody would undo it: better not to begin */
		fprintf(stderr, "moonrig: the guard process is gone; ending\n");
		close(guard_fd);
		guard_fd = -1;
	}
	return last_id;
}

int
guard_group_since(pid_t leader, unsigned long long start)
{
	char pid[32], since[32];
	char *words[] = { pid, since, NULL };

	snprintf(pid, sizeof(pid), "%d", (int)leader);
	snprintf(since, sizeof(since), "%llu", start);
	return guard_say("group", words);
}

int
guard_group(pid_t leader)
{
	return guard_group_since(leader, undo_start_time(leader));
}

int
guard_unlink(const char *path)
{
	char *words[] = { (char *)path, NULL };

	return guard_say("unlink", words);
}

int
guard_tree(const char *path)
{
	char *words[] = { (char *)path, NULL };

	return guard_say("tree", words);
}

int
guard_run(char *const *argv)
{
	return guard_say("run", argv);
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

/* We are the subreaper: what lost its parent is our child now. */
static pid_t strangers[64]; /* children from before, of whoever exec'd us */
static size_t n_strangers;

static bool
is_stranger(pid_t pid)
{
	for (size_t i = 0; i < n_strangers; i++)
		if (strangers[i] == pid)
			return true;
	return false;
}

/* With `note` only note them: they are not ours. */
static bool
kill_children(bool note)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	bool any = false;

	if (d == NULL)
		return false;
	while ((e = readdir(d)) != NULL) {
		char path[300], text[512], *p;
		pid_t pid = atoi(e->d_name), ppid = 0;
		FILE *f;

		if (pid <= 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", e->d_name);
		f = fopen(path, "re");
		if (f == NULL)
			continue;
		text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
		fclose(f);
		p = strrchr(text, ')');
		if (p == NULL || sscanf(p + 1, " %*c %d", &ppid) != 1 || ppid != getpid())
			continue;
		if (note && n_strangers < sizeof(strangers) / sizeof(strangers[0]))
			strangers[n_strangers++] = pid;
		if (note || is_stranger(pid))
			continue;
		any = true;
		kill(pid, SIGKILL);
	}
	closedir(d);
	return any;
}

static void
pass_signal(int fd, pid_t worker, double *kill_at)
{
	struct signalfd_siginfo si;

	if (read(fd, &si, sizeof(si)) != (ssize_t)sizeof(si) || si.ssi_signo == SIGCHLD)
		return;
	/* what the terminal sends reaches the worker too, without us */
	if (si.ssi_code == SI_KERNEL && si.ssi_signo != SIGTERM)
		return;
	if (si.ssi_signo == SIGUSR1)
		si.ssi_signo = SIGKILL;
	kill(worker, (int)si.ssi_signo);
	if (si.ssi_signo == SIGTERM && *kill_at == 0)
		*kill_at = undo_now() + WORKER_GRACE;
}

/* The worker's wait status. */
static int
guard_watch(int sock, int sigs, pid_t worker)
{
	double kill_at = 0;
	bool open = true;
	int status;

	for (;;) {
		struct pollfd p[2] = { { .fd = sigs, .events = POLLIN },
				       { .fd = open ? sock : -1, .events = POLLIN } };
		pid_t pid;

		poll(p, 2, kill_at > 0 ? 200 : -1);
		if (p[1].revents)
			open = undo_read(sock);
		if (p[0].revents)
			pass_signal(sigs, worker, &kill_at);
		if (kill_at > 0 && undo_now() > kill_at)
			kill(worker, SIGKILL);
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			if (pid == worker)
				return status;
	}
}

static _Noreturn void
guard_main(int sock, int sigs, pid_t worker, struct journal *j)
{
	int status = guard_watch(sock, sigs, worker);
	double until;

	undo_read(sock);
	undo_all(true);
	for (until = undo_now() + GONE_SECONDS; kill_children(false) && undo_now() < until;
	     undo_nap())
		undo_reap();
	journal_end(j);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

int
guard_start(const char *folder)
{
	struct journal *j;
	int pair[2], sigs, rc;
	pid_t parent = getppid(), worker;
	sigset_t mask, old;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	kill_children(true);
	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGQUIT);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGUSR1);
	sigprocmask(SIG_BLOCK, &mask, &old);
	sigs = signalfd(-1, &mask, SFD_CLOEXEC);
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
		prctl(PR_SET_NAME, "moonrig-guard");
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			kill(getpid(), SIGTERM);
		guard_main(pair[0], sigs, worker, j);
	}
	close(pair[0]);
	close(sigs);
	/* what is sent to the guard's group reaches us once, through it; a terminal wants one group
	 */
	if (!isatty(STDIN_FILENO))
		setpgid(0, 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	/* a guard that was killed must not leave us unguarded */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	guard_fd = pair[1];
	journal = j;
	return 0;
}
