/* test_core_file: what a core file tells. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chan/cores.h"
#include "core/buf.h"
#include "fs/core_file.h"
#include "units/lab.h"

/* Do programs leave "core" in their working folder here? ASan forbids cores, and memcheck writes
 * its own. */
static bool
cores_are_here(void)
{
	char *text = lab_read("/proc/sys/kernel/core_pattern");
	bool is = text != NULL && strcmp(text, "core\n") == 0;
	struct rlimit limit;

	free(text);
	return is && getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max > 0 &&
	       !lab_is_under_memcheck();
}

/* A process that crashes in a folder of its own. Returns the folder. */
static char *
crash(pid_t *pid)
{
	char *folder = cores_folder(lab_path("cores"));

	assert_non_null(folder);
	*pid = fork();
	if (*pid == 0) {
		char *program = xstrdup("./unused");

		setsid();
		if (cores_enter(folder, &program) < 0 || program[0] != '/')
			_exit(1);
		signal(SIGFPE, SIG_DFL);
		raise(SIGFPE);
		_exit(2);
	}
	return folder;
}

static void
a_crash_leaves_a_core_that_names_it(void **state)
{
	char *folder, *path, exe[4096] = "";
	struct core_file c;
	int status;
	pid_t pid;

	(void)state;
	if (!cores_are_here())
		skip();
	folder = crash(&pid);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGFPE);
	path = xsprintf("%s/core", folder);
	assert_int_equal(core_file_read(&c, path), 0);
	assert_int_equal(c.pid, pid);
	assert_int_equal(c.sid, pid);
	assert_int_equal(c.signal, SIGFPE);
	assert_true(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	assert_true(c.program < c.files.n);
	assert_string_equal(c.files.v[c.program], exe);
	assert_true(c.is_used[c.program]);
	core_file_free(&c);
	free(path);
	free(folder);
}

static void
another_file_is_no_core(void **state)
{
	const char *path = lab_path("no_core");
	struct core_file c;

	(void)state;
	assert_int_equal(core_file_read(&c, path), -ENOENT);
	core_file_free(&c);
	assert_int_equal(core_file_read(&c, "/proc/self/exe"), -ENOEXEC);
	core_file_free(&c);
	lab_write(path, "\177ELF\2");
	assert_int_equal(core_file_read(&c, path), -ENOEXEC);
	core_file_free(&c);
}

/* Relative folders of $PATH stay where they are. */
static void
a_program_is_found_from_its_own_folder(void **state)
{
	char *program = xstrdup("true"), *first = program, *folder;
	char here[4096];
	int status;
	pid_t pid;

	(void)state;
	assert_non_null(getcwd(here, sizeof(here)));
	folder = cores_folder(lab_path("cores"));
	assert_non_null(folder);
	pid = fork();
	if (pid == 0) {
		char *expected = xsprintf("%s/bin:/usr/bin:%s", here, here);

		setenv("PATH", "bin:/usr/bin:", 1);
		_exit(cores_enter(folder, &program) < 0 || strcmp(getenv("PATH"), expected) != 0 ||
		      program != first);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	free(program);
	free(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_crash_leaves_a_core_that_names_it),
		cmocka_unit_test(another_file_is_no_core),
		cmocka_unit_test(a_program_is_found_from_its_own_folder),
	};

	return LAB_RUN("core_file", tests, NULL, NULL);
}
