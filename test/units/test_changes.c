/* test_changes: folders whose changes are told. */
#include "units/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/changes.h"

#define LONG 20.0

static struct changes *c;
static char *one, *two;

static int
set_up(void **state)
{
	const char *bad;

	(void)state;
	one = xstrdup(lab_path("one"));
	two = xstrdup(lab_path("two"));
	mkdir(one, 0700);
	mkdir(two, 0700);
	c = changes_open(lab_scope(), "files");
	return changes_set(c, (char *[]){ one, two }, 2, &bad);
}

static int
tear_down(void **state)
{
	(void)state;
	free(one);
	free(two);
	return 0;
}

static int
await(double seconds)
{
	struct wait *w = drive_new();

	assert_int_equal(changes_await(c, seconds, w), 0);
	return drive_wait(w);
}

static const char *
in(const char *folder, const char *name)
{
	static char *path;

	free(path);
	path = xsprintf("%s/%s", folder, name);
	return path;
}

/* The next that is told is `folder`, and no other. Events of one thing done may come in two turns.
 */
static void
told(const char *folder)
{
	assert_int_equal(await(LONG), 0);
	drive_turns(5);
	assert_string_equal(changes_take(c), folder);
	assert_null(changes_take(c));
}

static void
whatever_is_done_to_a_file(void **state)
{
	char *path = xstrdup(in(one, "file"));
	char *other = xstrdup(in(one, "other"));
	int fd;

	(void)state;
	lab_write(path, "made");
	told(one);
	lab_write(path, "cut off, and written");
	told(one);
	fd = open(path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "x", 1), 1);
	told(one);
	close(fd);
	assert_int_equal(chmod(path, 0700), 0);
	told(one);
	lab_write(other, "another");
	told(one);
	assert_int_equal(rename(other, path), 0);
	told(one);
	assert_int_equal(unlink(path), 0);
	told(one);
	free(path);
	free(other);
}

static void
a_file_that_is_read_has_not_changed(void **state)
{
	(void)state;
	lab_write(in(one, "file"), "text");
	told(one);
	free(lab_read(in(one, "file")));
	assert_int_equal(await(0.05), -ETIMEDOUT);
}

static void
what_changed_while_nobody_waited(void **state)
{
	const char *first, *second;

	(void)state;
	for (int i = 0; i < 1000; i++)
		lab_write(in(one, "file"), "many times");
	lab_write(in(two, "file"), "once");
	drive_turns(20);
	assert_int_equal(await(LONG), 0);
	first = changes_take(c);
	second = changes_take(c);
	assert_true(first == one ? second == two : strcmp(first, second) != 0);
	assert_null(changes_take(c));
}

static void
no_folder_but_those_that_were_set(void **state)
{
	const char *bad;

	(void)state;
	assert_int_equal(changes_set(c, (char *[]){ two }, 1, &bad), 0);
	lab_write(in(one, "file"), "not watched");
	lab_write(in(two, "file"), "watched");
	told(two);
}

static void
a_folder_that_comes_back_is_watched_anew(void **state)
{
	const char *bad;

	(void)state;
	assert_int_equal(rmdir(one), 0);
	told(one);
	assert_int_equal(changes_set(c, (char *[]){ one, two }, 2, &bad), 0);
	assert_int_equal(await(0.05), -ETIMEDOUT);
	mkdir(one, 0700);
	assert_int_equal(changes_set(c, (char *[]){ one, one, two }, 3, &bad), 0);
	lab_write(in(one, "file"), "in the new one");
	told(one);
}

static void
one_waits_at_a_time(void **state)
{
	struct wait *w = drive_new(), other = { 0 };

	(void)state;
	assert_int_equal(changes_await(c, LONG, w), 0);
	assert_int_equal(changes_await(c, LONG, &other), -EBUSY);
	assert_false(other.armed);
	wait_cancel(w, -ECANCELED);
	assert_int_equal(drive_wait(w), -ECANCELED);
	assert_int_equal(await(0.01), -ETIMEDOUT);
}

static void
closed_it_tells_who_waits(void **state)
{
	struct wait *w = drive_new();

	(void)state;
	res_hold(changes_res(c));
	assert_int_equal(changes_await(c, LONG, w), 0);
	res_close(changes_res(c));
	assert_int_equal(drive_wait(w), -EPIPE);
	assert_int_equal(await(LONG), -EPIPE);
	assert_null(changes_take(c));
	res_drop(changes_res(c));
}

static void
a_folder_that_may_not_be_seen(void **state)
{
	const char *bad = NULL;
	char *below = xsprintf("%s/%0300d", one, 0);

	(void)state;
	assert_int_equal(changes_set(c, (char *[]){ two, below }, 2, &bad), -ENAMETOOLONG);
	assert_string_equal(bad, below);
	free(below);
}

#define CHANGES_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CHANGES_TEST(whatever_is_done_to_a_file),
		CHANGES_TEST(a_file_that_is_read_has_not_changed),
		CHANGES_TEST(what_changed_while_nobody_waited),
		CHANGES_TEST(no_folder_but_those_that_were_set),
		CHANGES_TEST(a_folder_that_comes_back_is_watched_anew),
		CHANGES_TEST(one_waits_at_a_time),
		CHANGES_TEST(closed_it_tells_who_waits),
		CHANGES_TEST(a_folder_that_may_not_be_seen),
	};

	return LAB_RUN("changes", tests, NULL, NULL);
}
