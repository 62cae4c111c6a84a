/* test_appear: waits for a file that does not exist yet. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/buf.h"
#include "fs/appear.h"
#include "units/lab.h"

static void
make(void *path)
{
	close(open(path, O_CREAT | O_WRONLY, 0600));
}

static void
one_that_comes(const char *name, bool is_there)
{
	char *path = xstrdup(lab_path(name));
	struct wait *w = drive_new();
	struct timer *t = NULL;

	if (is_there)
		make(path);
	else
		timer_start(&t, 0.02, make, path);
	assert_int_equal(appear_await(path, 10, w), 0);
	assert_int_equal(drive_wait(w), 0);
	timer_stop(&t);
	free(path);
}

static void
an_existing_or_a_new_file_ends_the_wait(void **state)
{
	(void)state;
	one_that_comes("there", true);
	one_that_comes("comes", false);
}

static void
an_absent_file_times_out(void **state)
{
	struct wait *w = drive_new();

	(void)state;
	assert_int_equal(appear_await(lab_path("never"), 0.05, w), 0);
	assert_int_equal(drive_wait(w), -ETIMEDOUT);
}

static void
an_absent_folder_is_an_error(void **state)
{
	struct wait w = { 0 };

	(void)state;
	assert_int_equal(appear_await("/no/such/folder/file", 1, &w), -ENOENT);
	assert_false(w.armed);
}

static void
without_a_watch_it_polls(void **state)
{
	struct rlimit was, none;
	int fd = dup(0);

	(void)state;
	/* the loop's own descriptors are open by now, and no other can be */
	getrlimit(RLIMIT_NOFILE, &was);
	loop_turn(true);
	none = was;
	none.rlim_cur = (rlim_t)fd;
	close(fd);
	setrlimit(RLIMIT_NOFILE, &none);
	struct wait *w = drive_new();
	int rc = appear_await(lab_home(), 5, w);
	setrlimit(RLIMIT_NOFILE, &was);
	assert_int_equal(rc, 0);
	assert_int_equal(drive_wait(w), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_watch_it_polls),
		cmocka_unit_test(an_existing_or_a_new_file_ends_the_wait),
		cmocka_unit_test(an_absent_file_times_out),
		cmocka_unit_test(an_absent_folder_is_an_error),
	};

	return LAB_RUN("appear", tests, NULL, NULL);
}
