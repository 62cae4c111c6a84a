/* test_changes: folders whose changes are reported. */
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

/* The next reported folder is `folder`, and no other. Events of one action may come in two turns.
 */
static void
reports(const char *folder)
{
	assert_int_equal(await(LONG), 0);
	drive_turns(5);
	assert_string_equal(changes_take(c), folder);
	assert_null(changes_take(c));
}

static void
each_change_of_a_file_counts(void **state)
{
	char *path = xstrdup(in(one, "file"));
	char *other = xstrdup(in(one, "other"));
	int fd;

	(void)state;
	lab_write(path, "made");
	reports(one);
	lab_write(path, "cut off, and written");
	reports(one);
	fd = open(path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "x", 1), 1);
	reports(one);
	close(fd);
	assert_int_equal(chmod(path, 0700), 0);
	reports(one);
	lab_write(other, "another");
	reports(one);
	assert_int_equal(rename(other, path), 0);
	reports(one);
	assert_int_equal(unlink(path), 0);
	reports(one);
	free(path);
	free(other);
}

static void
a_read_of_a_file_is_no_change(void **state)
{
	(void)state;
	lab_write(in(one, "file"), "text");
	reports(one);
	free(lab_read(in(one, "file")));
	assert_int_equal(await(0.05), -ETIMEDOUT);
}

static void
changes_without_a_wait_count(void **state)
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
only_folders_that_were_set_count(void **state)
{
	const char *bad;

	(void)state;
	assert_int_equal(changes_set(c, (char *[]){ two }, 1, &bad), 0);
	lab_write(in(one, "file"), "not watched");
	lab_write(in(two, "file"), "watched");
	reports(two);
}

static void
a_folder_that_is_made_again_is_watched_anew(void **state)
{
	const char *bad;

	(void)state;
	assert_int_equal(rmdir(one), 0);
	reports(one);
	assert_int_equal(changes_set(c, (char *[]){ one, two }, 2, &bad), 0);
	assert_int_equal(await(0.05), -ETIMEDOUT);
	mkdir(one, 0700);
	assert_int_equal(changes_set(c, (char *[]){ one, one, two }, 3, &bad), 0);
	lab_write(in(one, "file"), "in the new one");
	reports(one);
}

static void
only_one_wait_at_a_time(void **state)
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
a_close_ends_the_wait(void **state)
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
an_unreadable_folder_is_an_error(void **state)
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
		CHANGES_TEST(each_change_of_a_file_counts),
		CHANGES_TEST(a_read_of_a_file_is_no_change),
		CHANGES_TEST(changes_without_a_wait_count),
		CHANGES_TEST(only_folders_that_were_set_count),
		CHANGES_TEST(a_folder_that_is_made_again_is_watched_anew),
		CHANGES_TEST(only_one_wait_at_a_time),
		CHANGES_TEST(a_close_ends_the_wait),
		CHANGES_TEST(an_unreadable_folder_is_an_error),
	};

	return LAB_RUN("changes", tests, NULL, NULL);
}
