/* test_huge: only the files of one prefix are removed from hugetlbfs. */
#include "units/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/guard.h"
#include "guard/huge.h"

static const char *const ours[] = { "vhost-aBc123map_0", "vhost-aBc123map_17" };
static const char *const others[] = {
	"vhost-aBc123map_",   "vhost-aBc123map_x", "vhost-aBc123map_1.bak",
	"vhost-aBc1234map_0", "rtemap_0",          "vhost-aBc123"
};
static const char *plain;

static void
touch(const char *folder, const char *name)
{
	char *path = xsprintf("%s/%s", folder, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		_exit(98);
	close(fd);
	free(path);
}

static bool
is_there(const char *folder, const char *name)
{
	char *path = xsprintf("%s/%s", folder, name);
	bool is = lab_exists(path);

	free(path);
	return is;
}

/* Exit status 77 where we may not mount. */
static void
mount_and_fill(const char *folder)
{
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", folder, "hugetlbfs", 0, NULL) < 0)
		_exit(77);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		touch(folder, ours[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		touch(folder, others[i]);
	touch(plain, ours[0]);
}

/* 0 where all is as it should be. */
static int
look(const char *folder)
{
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (is_there(folder, ours[i]))
			return 10 + (int)i;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!is_there(folder, others[i]))
			return 20 + (int)i;
	return is_there(plain, ours[0]) ? 0 : 30;
}

static void
in_a_namespace(int (*fn)(const char *folder))
{
	const char *folder = lab_path("huge pages");
	int status;
	pid_t pid;

	assert_int_equal(mkdir(folder, 0700), 0);
	plain = lab_path("plain");
	assert_int_equal(mkdir(plain, 0700), 0);
	pid = fork();
	if (pid == 0) {
		mount_and_fill(folder);
		_exit(fn(folder));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int
removes(const char *folder)
{
	huge_remove("");
	huge_remove("vhost");
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (!is_there(folder, ours[i]))
			return 40;
	huge_remove("vhost-aBc123");
	return look(folder);
}

static void
the_files_of_a_prefix_are_removed(void **state)
{
	(void)state;
	in_a_namespace(removes);
}

static int
is_killed(const char *folder)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (guard_start(NULL) < 0)
			_exit(99);
		guard_huge("vhost-aBc123");
		kill(getpid(), SIGKILL);
	}
	waitpid(pid, NULL, 0);
	return look(folder);
}

static void
the_guard_removes_them(void **state)
{
	(void)state;
	in_a_namespace(is_killed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_files_of_a_prefix_are_removed),
		cmocka_unit_test(the_guard_removes_them),
	};

	return LAB_RUN("huge", tests, NULL, NULL);
}
