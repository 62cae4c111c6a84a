/* test_loop: timers, and watches of descriptors. */
#include "units/clock.h"
#include "units/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
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

/* A byte an event, so that an error has bytes before it. */
struct reader {
	int fd;
	size_t bytes;
	bool is_over;
};

static void
read_one(void *arg, int events)
{
	struct reader *r = arg;
	char c;
	ssize_t n;

	assert_true(events & UV_READABLE);
	n = read(r->fd, &c, 1);
	if (n > 0)
		r->bytes++;
	else
		r->is_over = true;
}

static void
what_came_before_an_error_is_read_and_then_the_error(void **state)
{
	struct reader r = { 0 };
	struct watch *w = NULL;
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	r.fd = ends[0];
	assert_int_equal(watch_start(&w, ends[0], UV_READABLE, read_one, &r), 0);
	assert_int_equal(write(ends[1], "abc", 3), 3);
	/* unread where its reader closes: that is our ECONNRESET */
	assert_int_equal(write(ends[0], "x", 1), 1);
	close(ends[1]);
	drive_turns(8);
	assert_int_equal(r.bytes, 3);
	assert_true(r.is_over);
	watch_stop(&w);
	close(ends[0]);
}

static void
on_room(void *arg, int events)
{
	assert_true(events & UV_WRITABLE);
	*(bool *)arg = true;
}

static void
an_error_is_a_writers_too(void **state)
{
	static const char bytes[4096];
	struct watch *w = NULL;
	bool fired = false;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(watch_start(&w, ends[1], UV_WRITABLE, on_room, &fired), 0);
	while (write(ends[1], bytes, sizeof(bytes)) > 0)
		;
	drive_turns(2);
	assert_false(fired);
	close(ends[0]);
	drive_turns(2);
	assert_true(fired);
	watch_stop(&w);
	close(ends[1]);
}

struct alarm {
	struct timer *timer;
	int rings;
};

static void
on_alarm(void *arg)
{
	struct alarm *a = arg;

	assert_null(a->timer);
	if (++a->rings < 3)
		timer_start(&a->timer, 0, on_alarm, a);
}

static bool
is_over(void *arg)
{
	return ((struct alarm *)arg)->rings == 3;
}

static void
a_timer_fires_once_and_may_be_started_again(void **state)
{
	struct alarm a = { 0 }, never = { 0 };

	(void)state;
	timer_start(&never.timer, 0, on_alarm, &never);
	timer_stop(&never.timer);
	timer_start(&a.timer, 0.001, on_alarm, &a);
	assert_non_null(a.timer);
	drive_until(is_over, &a);
	drive_turns(2);
	assert_int_equal(a.rings, 3);
	assert_null(a.timer);
	assert_null(never.timer);
	assert_int_equal(never.rings, 0);
}

/* A wait of 5 s, over which as many seconds pass; with `stopped` they are those of a stop. */
static struct wait *
wait_over(int seconds, bool stopped)
{
	struct wait *w = drive_new();

	loop_watch_stops();
	wait_arm(w, 5, NULL, NULL);
	loop_turn(true);
	clock_jump(seconds);
	if (stopped)
		raise(SIGCONT);
	return w;
}

static void
time_when_stopped_is_no_waits(void **state)
{
	double since = loop_now(), stopped;
	struct wait *w = wait_over(100, true);

	(void)state;
	drive_turns(6);
	assert_false(drive_ended(w));
	stopped = loop_stopped();
	assert_true(stopped >= 100 && stopped < 110);
	assert_true(loop_now() - since < 60);
	/* and its deadline is still one */
	clock_jump(5);
	assert_int_equal(drive_wait(w), -ETIMEDOUT);
	assert_true(loop_stopped() == stopped);
	loop_set_stopped(0);
	loop_fini();
}

static void
each_stop_counts_once(void **state)
{
	struct wait *w = wait_over(100, true);

	(void)state;
	raise(SIGCONT);
	drive_turns(6);
	clock_jump(100);
	raise(SIGCONT);
	drive_turns(6);
	assert_false(drive_ended(w));
	assert_true(loop_stopped() >= 200 && loop_stopped() < 220);
	wait_end(w, 0);
	assert_int_equal(drive_wait(w), 0);
	loop_set_stopped(0);
	loop_fini();
}

static void
a_continuation_without_a_stop_counts_nothing(void **state)
{
	struct wait *w = wait_over(1, true);

	(void)state;
	drive_turns(2);
	raise(SIGCONT);
	drive_turns(2);
	assert_true(loop_stopped() == 0);
	clock_jump(5);
	assert_int_equal(drive_wait(w), -ETIMEDOUT);
	loop_fini();
}

static void
time_when_a_call_blocks_is_the_waits(void **state)
{
	struct wait *w = wait_over(100, false);

	(void)state;
	assert_int_equal(drive_wait(w), -ETIMEDOUT);
	assert_true(loop_stopped() == 0);
	loop_fini();
}

static void
calls_that_block_each_turn_delay_a_wait_by_two_turns(void **state)
{
	struct wait *w = wait_over(10, false);
	int turns;

	(void)state;
	for (turns = 0; !drive_ended(w) && turns < 20; turns++) {
		loop_turn(false);
		clock_jump(10);
	}
	assert_in_range(turns, 1, 4);
	assert_int_equal(drive_wait(w), -ETIMEDOUT);
	loop_fini();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_timer_fires_once_and_may_be_started_again),
		cmocka_unit_test(a_shared_descriptor_stays_blocking),
		cmocka_unit_test(a_file_cannot_be_watched),
		cmocka_unit_test(what_came_before_an_error_is_read_and_then_the_error),
		cmocka_unit_test(an_error_is_a_writers_too),
		cmocka_unit_test(time_when_stopped_is_no_waits),
		cmocka_unit_test(each_stop_counts_once),
		cmocka_unit_test(a_continuation_without_a_stop_counts_nothing),
		cmocka_unit_test(time_when_a_call_blocks_is_the_waits),
		cmocka_unit_test(calls_that_block_each_turn_delay_a_wait_by_two_turns),
	};

	return LAB_RUN("loop", tests, NULL, NULL);
}
