/* lab: what unit tests share: a scratch folder, the fakes, a look at what was left behind. */
#include "units/lab.h"

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
#define GONE_SECONDS 10.0

static char dir[64];
static struct argv paths;
static struct scope *scope;
static int fds_before;

static int
count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

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

/* We are the subreaper: what was left without a parent is our child. */
static bool
no_children(void)
{
	double until = loop_now() + GONE_SECONDS;

	for (;;) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0 && errno == ECHILD)
			return true;
		if (pid == 0 && loop_now() > until)
			return false;
		if (pid == 0)
			nap();
	}
}

int
lab_setup(void **state)
{
	(void)state;
	alarm(HANG_SECONDS);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	/* a folder that we may not read would make an absent program one without permission */
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	/* what we were given is not for those that we start */
	for (int fd = 3; fd < 1024; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	/* libuv keeps some descriptors of its own for good */
	loop();
	loop_fini();
	fds_before = count_fds();
	snprintf(dir, sizeof(dir), "/tmp/moonrig-unit-XXXXXX");
	return mkdtemp(dir) == NULL ? -1 : 0;
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

int
lab_teardown(void **state)
{
	int rc = 0, fds;

	(void)state;
	close_scope(true);
	loop_fini();
	fds = count_fds();
	if (fds != fds_before) {
		print_error("%d descriptors before the test, %d after it\n", fds_before, fds);
		rc = -1;
	}
	if (!no_children()) {
		print_error("a process was left behind\n");
		rc = -1;
	}
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	argv_free(&paths);
	alarm(0);
	return rc;
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
	double until = loop_now() + GONE_SECONDS;

	while (state_of(pid) != 'Z' && state_of(pid) != 'X') {
		if (loop_now() > until)
			return false;
		loop_turn(true);
		nap();
	}
	return true;
}
