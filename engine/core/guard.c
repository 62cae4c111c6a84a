/* guard: the process that undoes what we did when we no longer can. */
#include "guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"

/* One record: "+ID KIND" or "-ID", then NUL-separated words. */
#define RECORD_MAX   16384
#define RUN_SECONDS  20.0
#define GONE_SECONDS 3.0
/* between our parent's death (or SIGTERM) and a SIGKILL for the worker */
#define WORKER_GRACE 20.0

struct undo {
	int id;
	char *kind;
	struct argv words;
	struct undo *older;
};

static int guard_fd = -1;
static int last_id;

static struct undo *undos;

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
	return guard_group_since(leader, guard_start_time(leader));
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
	while (send(guard_fd, text, (size_t)n, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

unsigned long long
guard_start_time(pid_t pid)
{
	char path[64], text[1024], *p;
	unsigned long long start = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (f == NULL)
		return 0;
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	/* field 2 is the command's name in brackets, which may hold blanks */
	p = strrchr(text, ')');
	if (p != NULL)
		sscanf(p + 1,
		       " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
		       "%*d %*d %llu",
		       &start);
	return start;
}

/* ---- the guard's side ---- */

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static void
undo_free(struct undo *u)
{
	free(u->kind);
	argv_free(&u->words);
	free(u);
}

static void
undo_take(const char *text, size_t len)
{
	int id = atoi(text + 1);

	if (text[0] == '-') {
		for (struct undo **p = &undos; *p != NULL; p = &(*p)->older) {
			struct undo *u = *p;

			if (u->id != id)
				continue;
			*p = u->older;
			undo_free(u);
			return;
		}
	} else if (text[0] == '+') {
		struct undo *u = xcalloc(1, sizeof(*u));
		const char *kind = memchr(text, ' ', len);

		u->id = id;
		u->kind = xstrdup(kind != NULL ? kind + 1 : "");
		for (const char *p = memchr(text, '\0', len); p != NULL;
		     p = memchr(p + 1, '\0', len - (size_t)(p + 1 - text)))
			argv_add(&u->words, p + 1);
		u->older = undos;
		undos = u;
	}
}

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

static void
reap_others(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static void
nap(void)
{
	struct timespec ms = { .tv_nsec = 2000000 };

	/* a group has no event that says it is empty; bounded by the caller */
	nanosleep(&ms, NULL);
}

static void
undo_group(const struct argv *words)
{
	pid_t pid = words->n > 0 ? atoi(words->v[0]) : 0;
	unsigned long long start = words->n > 1 ? strtoull(words->v[1], NULL, 10) : 0, seen;
	double until = now() + GONE_SECONDS;

	if (pid <= 1)
		return;
	seen = guard_start_time(pid);
	/* the leader may be gone and its group not; a leader of another time is a stranger */
	if (seen != 0 && start != 0 && seen != start)
		return;
	while (kill(-pid, SIGKILL) == 0 && now() < until) {
		reap_others();
		nap();
	}
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
undo_run(const struct argv *words)
{
	double until = now() + RUN_SECONDS;
	pid_t pid = fork();

	if (pid == 0) {
		setsid();
		execvp(words->v[0], words->v);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, NULL, WNOHANG) == 0) {
		if (now() > until) {
			kill(-pid, SIGKILL);
			waitpid(pid, NULL, 0);
			return;
		}
		nap();
	}
}

static void
undo_do(const struct undo *u)
{
	if (strcmp(u->kind, "group") == 0)
		undo_group(&u->words);
	else if (u->words.n == 0)
		return;
	else if (strcmp(u->kind, "unlink") == 0)
		unlink(u->words.v[0]);
	else if (strcmp(u->kind, "tree") == 0)
		nftw(u->words.v[0], remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	else if (strcmp(u->kind, "run") == 0)
		undo_run(&u->words);
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
undo_all(void)
{
	double until;

	while (undos != NULL) {
		struct undo *u = undos;

		undos = u->older;
		undo_do(u);
		undo_free(u);
	}
	for (until = now() + GONE_SECONDS; kill_children(false) && now() < until; nap())
		reap_others();
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
		*kill_at = now() + WORKER_GRACE;
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
		if (kill_at > 0 && now() > kill_at)
			kill(worker, SIGKILL);
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			if (pid == worker)
				return status;
	}
}

static _Noreturn void
guard_main(int sock, int sigs, pid_t worker)
{
	int status = guard_watch(sock, sigs, worker);

	undo_read(sock);
	undo_all();
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

int
guard_start(void)
{
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
	if (sigs < 0 || (worker = fork()) < 0) {
		rc = -errno;
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
		guard_main(pair[0], sigs, worker);
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
	return 0;
}
