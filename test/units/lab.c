/* lab: shared by the unit tests: a scratch folder, the fakes, files to read and to await. */
#include "units/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "units/leaks.h"

/* A test that hangs is ended; no test takes nearly as long. */
#define HANG_SECONDS 240

/* The program's folder, and one in it for each test. */
static char home[64], dir[96];
static struct argv paths;
static struct scope *scope;
static const struct CMUnitTest *current;
static struct leaks before;
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

static void
close_scope(bool hard)
{
	struct res *r;
	struct wait *w;

	if (scope == NULL)
		return;
	r = &scope->res;
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
	leaks_look(&before, home);
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

	close_scope(true);
	loop_turn(true);
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	argv_free(&paths);
	rc |= leaks_since(&before, home, patience);
	alarm(0);
	return rc;
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
		res_hold(&scope->res);
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
	if (fclose(f) != 0)
		fail_msg("%s: %s", path, strerror(errno));
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

pid_t
lab_await_pid(const char *path)
{
	char *text;
	pid_t pid;

	lab_await_file(path);
	text = lab_read(path);
	pid = atoi(text);
	free(text);
	assert_true(pid > 1);
	return pid;
}

bool
lab_is_under_memcheck(void)
{
	const char *preloaded = getenv("LD_PRELOAD");

	return preloaded != NULL && strstr(preloaded, "vgpreload") != NULL;
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
