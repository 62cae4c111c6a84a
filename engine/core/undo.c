/* undo: what is to be undone, newest first; and how. */
#include "undo.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "huge.h"

#define RUN_SECONDS  20.0
#define GONE_SECONDS 3.0

struct undo {
	int id;
	char *kind;
	struct argv words;
	struct undo *older;
};

static struct undo *undos;

double
undo_now(void)
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

void
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

struct stat_of {
	char state; /* 0: there is none */
	pid_t group;
	unsigned long long start;
};

static struct stat_of
read_stat(pid_t pid)
{
	char path[64], text[1024], *p;
	struct stat_of st = { 0 };
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (f == NULL)
		return st;
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	/* field 2 is the command's name in brackets, which may hold blanks */
	p = strrchr(text, ')');
	if (p != NULL)
		sscanf(p + 1,
		       " %c %*d %d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
		       "%*d %*d %llu",
		       &st.state, &st.group, &st.start);
	return st;
}

unsigned long long
undo_start_time(pid_t pid)
{
	return read_stat(pid).start;
}

bool
undo_is_running(pid_t pid, unsigned long long start)
{
	struct stat_of st = read_stat(pid);

	return st.state != 0 && st.state != 'Z' && st.start == start;
}

void
undo_reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

void
undo_nap(void)
{
	struct timespec ms = { .tv_nsec = 2000000 };

	/* a group has no event that says it is empty; bounded by the caller */
	nanosleep(&ms, NULL);
}

static void
undo_worker(const struct argv *words)
{
	pid_t pid = words->n > 0 ? atoi(words->v[0]) : 0;
	unsigned long long start = words->n > 1 ? strtoull(words->v[1], NULL, 10) : 0;
	double until = undo_now() + GONE_SECONDS;

	while (pid > 1 && start != 0 && undo_is_running(pid, start) && undo_now() < until) {
		kill(pid, SIGKILL);
		undo_reap();
		undo_nap();
	}
}

/* Somebody's zombies stay in their group for as long as he likes. */
static bool
group_is_running(pid_t group)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	bool any = false;

	while (d != NULL && !any && (e = readdir(d)) != NULL) {
		struct stat_of st = { 0 };

		if (atoi(e->d_name) > 0)
			st = read_stat(atoi(e->d_name));
		any = st.group == group && st.state != 0 && st.state != 'Z';
	}
	if (d != NULL)
		closedir(d);
	return any;
}

static void
undo_group(const struct argv *words)
{
	pid_t pid = words->n > 0 ? atoi(words->v[0]) : 0;
	unsigned long long start = words->n > 1 ? strtoull(words->v[1], NULL, 10) : 0, seen;
	double until = undo_now() + GONE_SECONDS;

	if (pid <= 1)
		return;
	seen = undo_start_time(pid);
	/* the leader may be gone and its group not; a leader of another time is a stranger */
	if (seen != 0 && start != 0 && seen != start)
		return;
	while (kill(-pid, SIGKILL) == 0 && group_is_running(pid) && undo_now() < until) {
		undo_reap();
		undo_nap();
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
	double until = undo_now() + RUN_SECONDS;
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
		if (undo_now() > until) {
			kill(-pid, SIGKILL);
			waitpid(pid, NULL, 0);
			return;
		}
		undo_nap();
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
	else if (strcmp(u->kind, "huge") == 0)
		huge_remove(u->words.v[0]);
	else if (strcmp(u->kind, "run") == 0)
		undo_run(&u->words);
}

static bool
is_of_process(const struct undo *u)
{
	return strcmp(u->kind, "group") == 0 || strcmp(u->kind, "worker") == 0;
}

void
undo_all(bool is_same_boot)
{
	for (struct undo *u = undos; u != NULL && is_same_boot; u = u->older)
		if (strcmp(u->kind, "worker") == 0)
			undo_worker(&u->words);
	while (undos != NULL) {
		struct undo *u = undos;

		undos = u->older;
		/* pids of another boot name others now */
		if (is_same_boot || !is_of_process(u))
			undo_do(u);
		undo_free(u);
	}
}
