/* test_passthrough: terminals that connect by a socket, and a console in passthrough with one. */
#include "units/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "chan/listen.h"
#include "console/console.h"
#include "units/clock.h"

/* long, for a loaded machine and memcheck */
#define LONG  100.0
#define PIECE ((size_t)1 << 20)

static unsigned int tries;

/* In place of libc's: counted. */
int
accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	tries++;
	return (int)syscall(SYS_accept4, fd, addr, len, flags);
}

static const struct console_end terminal = { .is_private = true };

/* A client that has connected, and the console of our side. */
static int
join(struct scope *s, struct console **out)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct listener *l;
	struct wait *w = drive_new();
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(addr.sun_path, lab_path("socket"));
	assert_int_equal(listener_open(&l, s, addr.sun_path), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listener_await(l, LONG, w), 0);
	assert_int_equal(drive_wait(w), 0);
	*out = console_open(s, "terminal", listener_take(l), &terminal);
	return fd;
}

static void
a_terminal_that_never_reads_is_disconnected(void **state)
{
	struct scope *s = lab_scope();
	struct wait *w = drive_new();
	struct console *c;
	int fd = join(s, &c), rc = 0;
	char *piece = xcalloc(1, PIECE);
	size_t n = 0;

	(void)state;
	for (; rc == 0 && n < 256; n++)
		rc = console_type(c, piece, PIECE);
	assert_int_equal(rc, -EPIPE);
	assert_in_range(n, 16, 64);
	assert_int_equal(console_type(c, piece, 1), -EPIPE);
	res_hold(console_res(c));
	console_await_end(c, LONG, w);
	assert_int_equal(drive_wait(w), 0);
	assert_true(console_is_over(c));
	res_drop(console_res(c));
	close(fd);
	free(piece);
	lab_close();
}

/* Its queue is long for a moment, and that is no fault. */
static void
a_terminal_may_read_late(void **state)
{
	struct scope *s = lab_scope();
	struct console *c;
	int fd = join(s, &c);
	char *piece = xcalloc(1, PIECE);
	size_t got = 0;

	(void)state;
	for (int i = 0; i < 8; i++)
		assert_int_equal(console_type(c, piece, PIECE), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (got < 8 * PIECE) {
		ssize_t n = read(fd, piece, PIECE);

		assert_true(n > 0 || errno == EAGAIN);
		got += n > 0 ? (size_t)n : 0;
		drive_turns(1);
	}
	assert_int_equal(console_type(c, piece, 1), 0);
	close(fd);
	free(piece);
	lab_close();
}

static bool
is_over(void *c)
{
	return console_is_over(c);
}

/* The client may be gone before it is taken. */
static void
a_terminal_is_read_from_its_beginning(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct scope *s = lab_scope();
	struct listener *l;
	struct console *c;
	char *tail;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	strcpy(addr.sun_path, lab_path("socket"));
	assert_int_equal(listener_open(&l, s, addr.sun_path), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(write(fd, "hello\n", 6), 6);
	close(fd);
	drive_turns(10);
	c = console_open(s, "terminal", listener_take(l), &terminal);
	res_hold(console_res(c));
	drive_until(is_over, c);
	tail = console_tail(c, 1);
	assert_string_equal(tail, "hello");
	free(tail);
	res_drop(console_res(c));
	lab_close();
}

/* Without a free descriptor a client waits, and costs no CPU time. */
static void
a_terminal_waits_for_a_descriptor(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct scope *s = lab_scope();
	struct rlimit before, few;
	struct listener *l;
	struct wait *w;
	int fd;

	(void)state;
	/* it takes the connection, and closes it */
	if (lab_is_under_memcheck())
		skip();
	w = drive_new();
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	strcpy(addr.sun_path, lab_path("socket"));
	assert_int_equal(listener_open(&l, s, addr.sun_path), 0);
	assert_int_equal(listener_await(l, LONG, w), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = (struct rlimit){ 3, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	tries = 0;
	clock_stop(true);
	drive_turns(20);
	clock_stop(false);
	/* the next one is its timer's */
	assert_int_equal(tries, 1);
	assert_false(drive_ended(w));
	setrlimit(RLIMIT_NOFILE, &before);
	assert_int_equal(drive_wait(w), 0);
	assert_true(tries > 1);
	close(fd);
	lab_close();
}

/* A terminal that does not read loses a console with much output. */
static void
a_terminal_that_never_reads_loses_its_console(void **state)
{
	struct scope *s = lab_scope();
	struct chan_spec spec = { .argv = (char *[]){ "yes", NULL } };
	struct console_end end = { .signal = SIGKILL, .grace = LONG };
	struct wait *w = drive_new();
	struct console *c, *flood;
	struct chan *chan;
	int fd = join(s, &c);

	(void)state;
	assert_int_equal(chan_spawn(&chan, &spec), 0);
	flood = console_open(s, "flood", chan, &end);
	assert_int_equal(console_pass_through(flood, c), 0);
	res_hold(console_res(c));
	console_await_end(c, LONG, w);
	assert_int_equal(drive_wait(w), 0);
	assert_false(console_is_over(flood));
	res_drop(console_res(c));
	close(fd);
	lab_close();
}

/* ---- a program that does not die ---- */

static int
undying_write(struct chan *c, const char *bytes, size_t len)
{
	(void)c;
	(void)bytes;
	return (int)len > 0 ? 0 : -EPIPE;
}

static void
undying_eof(struct chan *c)
{
	(void)c;
}

static int
undying_signal(struct chan *c, int sig)
{
	(void)c;
	(void)sig;
	return 0;
}

static void
undying_destroy(struct chan *c)
{
	free(c);
}

static const struct chan_ops undying_ops = { .write = undying_write,
					     .eof = undying_eof,
					     .signal = undying_signal,
					     .destroy = undying_destroy };

/* A program that hangs in the kernel: its console is freed without an end, and so is the terminal.
 */
static void
a_stuck_console_frees_its_terminal(void **state)
{
	struct scope *s = lab_scope();
	struct console_end end = { 0 };
	struct chan *chan = xcalloc(1, sizeof(*chan));
	struct wait *w = drive_new();
	struct console *c, *stuck;
	int fd = join(s, &c);

	(void)state;
	chan->ops = &undying_ops;
	stuck = console_open(s, "stuck", chan, &end);
	assert_int_equal(console_pass_through(stuck, c), 0);
	res_hold(console_res(c));
	console_await_end(c, LONG, w);
	res_close(console_res(stuck));
	assert_int_equal(write(fd, "anybody?", 8), 8);
	assert_int_equal(drive_wait(w), 0);
	res_drop(console_res(c));
	close(fd);
	lab_close();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_terminal_that_never_reads_is_disconnected),
		cmocka_unit_test(a_terminal_is_read_from_its_beginning),
		cmocka_unit_test(a_terminal_waits_for_a_descriptor),
		cmocka_unit_test(a_terminal_may_read_late),
		cmocka_unit_test(a_terminal_that_never_reads_loses_its_console),
		cmocka_unit_test(a_stuck_console_frees_its_terminal),
	};

	signal(SIGPIPE, SIG_IGN);
	return LAB_RUN("joining", tests, NULL, NULL);
}
