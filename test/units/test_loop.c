/* test_loop: watches of descriptors. */
#include "units/lab.h"

#include <fcntl.h>
#include <unistd.h>

static bool
is_blocking(int fd)
{
	return (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
}

static void
on_byte(void *arg, int events)
{
	assert_true(events & UV_READABLE);
	*(bool *)arg = true;
}

static bool
is_set(void *arg)
{
	return *(bool *)arg;
}

static void
a_shared_descriptor_stays_blocking(void **state)
{
	struct watch *w = NULL;
	bool fired = false;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(watch_start_shared(&w, ends[0], UV_READABLE, on_byte, &fired), 0);
	assert_true(is_blocking(ends[0]));
	assert_int_equal(write(ends[1], "x", 1), 1);
	drive_until(is_set, &fired);
	watch_stop(&w);
	assert_true(is_blocking(ends[0]));
	close(ends[0]);
	close(ends[1]);
}

static void
a_file_cannot_be_watched(void **state)
{
	struct watch *w = NULL;
	bool fired = false;
	int fd = open("/dev/null", O_RDONLY);

	(void)state;
	assert_true(watch_start_shared(&w, fd, UV_READABLE, on_byte, &fired) < 0);
	assert_null(w);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shared_descriptor_stays_blocking),
		cmocka_unit_test(a_file_cannot_be_watched),
	};

	return LAB_RUN("loop", tests, NULL, NULL);
}
