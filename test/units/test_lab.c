/* Tests of lab: a unit that leaves something behind fails, whatever it is, and one that does not
 * passes. */
#include "units/lab.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/loop.h"

static void
nothing(void **state)
{
	struct timer *t;

	(void)state;
	timer_start(&t, 100, free, NULL);
	timer_stop(&t);
	lab_write(lab_path("file"), "gone with the test's folder");
	lab_scope();
}

static void
a_descriptor(void **state)
{
	(void)state;
	assert_true(dup(0) >= 0);
}

static void
a_handle(void **state)
{
	/* memcheck counts what nothing points to */
	static struct timer *volatile left;

	(void)state;
	timer_start((struct timer **)&left, 100, free, NULL);
	assert_non_null(left);
}

static void
a_file(void **state)
{
	char *path = xsprintf("%s/left", getenv("TMPDIR"));

	(void)state;
	lab_write(path, "left");
	free(path);
}

static void
pause_for(unsigned int seconds)
{
	sleep(seconds);
	_exit(0);
}

static void
a_process(void **state)
{
	(void)state;
	if (fork() == 0)
		pause_for(2);
}

static void
a_process_whose_parent_is_gone(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		if (fork() == 0)
			pause_for(2);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void
a_process_that_ends_soon(void **state)
{
	(void)state;
	if (fork() == 0) {
		usleep(50000);
		_exit(0);
	}
}

/* How many tests of a group of one fail, and what is printed. */
static int
failures_of(void (*test)(void **state), const char *want)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test) };
	const char *log = lab_path("log");
	pid_t pid = fork();
	char *printed;
	int status;

	if (pid == 0) {
		int out = open(log, O_CREAT | O_TRUNC | O_WRONLY, 0600);

		dup2(out, 1);
		dup2(out, 2);
		lab_patience(0.5);
		_exit(LAB_RUN("leaky", tests, NULL, NULL));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	printed = lab_read(log);
	if (strstr(printed, want) == NULL)
		fail_msg("no \"%s\" in:\n%s", want, printed);
	free(printed);
	return WEXITSTATUS(status);
}

static void
what_leaves_nothing_passes(void **state)
{
	(void)state;
	assert_int_equal(failures_of(nothing, "[       OK ]"), 0);
	assert_int_equal(failures_of(a_process_that_ends_soon, "[       OK ]"), 0);
}

static void
what_leaves_something_fails(void **state)
{
	(void)state;
	assert_int_equal(failures_of(a_descriptor, " descriptors before the test, "), 1);
	assert_int_equal(failures_of(a_handle, "0 open handles before the test, 1 after it"), 1);
	assert_int_equal(failures_of(a_file, " files in $TMPDIR before the test, "), 1);
	assert_int_equal(failures_of(a_process, " was left behind"), 1);
	assert_int_equal(failures_of(a_process_whose_parent_is_gone, " was left behind"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_leaves_nothing_passes),
		cmocka_unit_test(what_leaves_something_fails),
	};

	return LAB_RUN("lab", tests, NULL, NULL);
}
