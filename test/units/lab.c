/* lab: what unit tests share: a scratch folder, the fakes, a look at what was left behind. */
#include "units/lab.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A test that hangs is ended; no test takes nearly as long. */
#define HANG_SECONDS 240

#define MANY_CHILDREN 64

/* What there is besides memory, before a test or after it. */
struct look {
	int fds, files, handles, n_children;
	pid_t children[MANY_CHILDREN];
};

/* The program's folder, and one in it for each test. */
static char home[64], dir[96];
static struct argv paths;
static struct scope *scope;
static const struct CMUnitTest *current;
static struct look before;
/* What ends of itself has as long as this. */
static double patience = 10;

static void
nap(void)
{
	struct timespec ms = { .tv_nsec = 5000000 };

	nanosleep(&ms, NULL);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
count_files(const char *path)
{
	DIR *d = opendir(path);
	int n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* The fourth field of /proc/PID/stat; 0 where it is gone. */
static pid_t
parent_of(const char *pid)
{
	char *path = xsprintf("/proc/%s/stat", pid), *text = lab_read(path), *p;
	int parent = 0;

	free(path);
	p = text != NULL ? strrchr(text, ')') : NULL;
	if (p == NULL || sscanf(p, ") %*c %d", &parent) != 1)
		parent = 0;
	free(text);
	return parent;
}

static void
look_children(struct look *l)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	l->n_children = 0;
	while ((e = readdir(d)) != NULL && l->n_children < MANY_CHILDREN) {
		if (isdigit(e->d_name[0]) && parent_of(e->d_name) == getpid())
			l->children[l->n_children++] = atoi(e->d_name);
	}
	closedir(d);
}

/* All but spawn's for SIGCHLD, which stays as long as the loop. */
static void
count_handle(uv_handle_t *h, void *arg)
{
	bool is_spawns = h->type == UV_SIGNAL && ((uv_signal_t *)h)->signum == SIGCHLD;

	*(int *)arg += !is_spawns && !uv_is_closing(h);
}

/* Closes the loop: libuv keeps some descriptors of its own while there is one. */
static void
look(struct look *l)
{
	l->handles = 0;
	uv_walk(loop(), count_handle, &l->handles);
	loop_fini();
	l->fds = count_files("/proc/self/fd");
	l->files = count_files(home);
	look_children(l);
}

static bool
was_there(pid_t pid)
{
	for (int i = 0; i < before.n_children; i++) {
		if (before.children[i] == pid)
			return true;
	}
	return false;
}

/* We are the subreaper: what was left without a parent is our child. What ends of itself may take a
 * while. */
static pid_t
child_left(void)
{
	double until = loop_now() + patience;
	struct look l;
	pid_t left;

	do {
		look_children(&l);
		left = 0;
		for (int i = 0; i < l.n_children; i++) {
			if (!was_there(l.children[i]) &&
			    waitpid(l.children[i], NULL, WNOHANG) != l.children[i])
				left = l.children[i];
		}
		if (left != 0)
			nap();
	} while (left != 0 && loop_now() < until);
	return left;
}

static int
is_more(const char *what, int was, int is)
{
	if (is <= was)
		return 0;
	print_error("%d %s before the test, %d after it\n", was, what, is);
	return -1;
}

static void
close_scope(bool hard)
{
	struct res *r;
	struct wait *w;

	if (scope == NULL)
		return;
	r = scope_res(scope);
	w = drive_new();
	scope = NULL;
	res_await(r, w, 100.0);
	if (hard)
		res_harden(r);
	else
		res_close(r);
	drive_wait(w);
	res_drop(r);
}

void
lab_close(void)
{
	close_scope(false);
}

static int
set_up(void **state)
{
	current = *state;
	alarm(HANG_SECONDS);
	look(&before);
	snprintf(dir, sizeof(dir), "%s/t-XXXXXX", home);
	if (mkdtemp(dir) == NULL)
		return -1;
	*state = current->initial_state;
	return current->setup_func != NULL ? current->setup_func(state) : 0;
}

static int
tear_down(void **state)
{
	int rc = current->teardown_func != NULL ? current->teardown_func(state) : 0;
	struct look after;
	pid_t child;

	close_scope(true);
	loop_turn(true);
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	argv_free(&paths);
	look(&after);
	rc |= is_more("descriptors", before.fds, after.fds);
	rc |= is_more("open handles", before.handles, after.handles);
	rc |= is_more("files in $TMPDIR", before.files, after.files);
	child = child_left();
	if (child != 0)
		print_error("process %d was left behind\n", (int)child);
	alarm(0);
	return child != 0 ? -1 : rc;
}

int
lab_run(const char *name, const struct CMUnitTest *tests, size_t n, CMFixtureFunction group_set_up,
	CMFixtureFunction group_tear_down)
{
	struct CMUnitTest *looked_at = xcalloc(n, sizeof(*looked_at));
	int rc;

	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	/* a folder that we may not read would make an absent program one without permission */
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	/* what we were given is not for those that we start */
	for (int fd = 3; fd < 1024; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	snprintf(home, sizeof(home), "/tmp/moonrig-unit-XXXXXX");
	if (mkdtemp(home) == NULL)
		return 1;
	setenv("TMPDIR", home, 1);
	for (size_t i = 0; i < n; i++)
		looked_at[i] = (struct CMUnitTest){ tests[i].name, tests[i].test_func, set_up,
						    tear_down, (void *)&tests[i] };
	rc = _cmocka_run_group_tests(name, looked_at, n, group_set_up, group_tear_down);
	nftw(home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(looked_at);
	return rc;
}

void
lab_patience(double seconds)
{
	patience = seconds;
}

const char *
lab_home(void)
{
	return home;
}

struct scope *
lab_scope(void)
{
	if (scope == NULL) {
		scope = scope_new(NULL, "lab");
		res_hold(scope_res(scope));
	}
	return scope;
}

const char *
lab_path(const char *name)
{
	argv_printf(&paths, "%s/%s", dir, name);
	return paths.v[paths.n - 1];
}

const char *
lab_program(const char *name)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	assert_true(n > 0);
	exe[n] = '\0';
	*strrchr(exe, '/') = '\0';
	argv_printf(&paths, "%s/%s", exe, name);
	if (access(paths.v[paths.n - 1], X_OK) < 0)
		fail_msg("%s is not built", paths.v[paths.n - 1]);
	return paths.v[paths.n - 1];
}

char *
lab_read(const char *path)
{
	FILE *f = fopen(path, "re");
	struct buf b = { 0 };
	char bytes[4096];
	size_t n;

	if (f == NULL)
		return NULL;
	buf_add(&b, "", 0);
	while ((n = fread(bytes, 1, sizeof(bytes), f)) > 0)
		buf_add(&b, bytes, n);
	fclose(f);
	return b.data;
}

void
lab_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

bool
lab_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static bool
has_line(const char *path)
{
	char *text = lab_read(path);
	bool has = text != NULL && strchr(text, '\n') != NULL;

	free(text);
	return has;
}

void
lab_await_file(const char *path)
{
	while (!has_line(path)) {
		loop_turn(true);
		nap();
	}
}

/* 'Z' or gone; else what ps would show. */
static char
state_of(pid_t pid)
{
	char *path = xsprintf("/proc/%d/stat", (int)pid), *text = lab_read(path), *p, c;

	free(path);
	p = text != NULL ? strrchr(text, ')') : NULL;
	c = p != NULL ? p[2] : 'Z';
	free(text);
	return c;
}

bool
lab_is_gone(pid_t pid)
{
	double until = loop_now() + patience;

	while (state_of(pid) != 'Z' && state_of(pid) != 'X') {
		if (loop_now() > until)
			return false;
		loop_turn(true);
		nap();
	}
	return true;
}
