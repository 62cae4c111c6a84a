/* test_spawn: processes of this machine, and sockets, as channels. */
#include "units/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "chan/chan.h"
#include "core/loop.h"

struct output {
	struct buf out, err;
	size_t out_bytes;
	bool is_over, keep_nothing;
};

static struct output output;
static struct chan *chan;

static void
on_data(void *owner, enum chan_which which, const char *bytes, size_t len)
{
	struct output *h = owner;

	if (which == CHAN_OUT)
		h->out_bytes += len;
	if (!h->keep_nothing)
		buf_add(which == CHAN_OUT ? &h->out : &h->err, bytes, len);
}

static void
on_end(void *owner)
{
	struct output *h = owner;

	assert_false(h->is_over);
	h->is_over = true;
}

static bool
is_over(void *arg)
{
	return ((struct output *)arg)->is_over;
}

static void
listen_to(struct chan *c)
{
	buf_free(&output.out);
	buf_free(&output.err);
	output = (struct output){ 0 };
	buf_add(&output.out, "", 0);
	buf_add(&output.err, "", 0);
	c->data = on_data;
	c->ended = on_end;
	c->owner = &output;
	chan = c;
}

static void
start(const struct chan_spec *spec)
{
	struct chan *c = NULL;

	assert_int_equal(chan_spawn(&c, spec), 0);
	assert_true(c->pid > 1);
	listen_to(c);
}

static void
start_sh(const char *code, bool pty)
{
	char *argv[] = { "sh", "-c", (char *)code, NULL };
	struct chan_spec spec = { .argv = argv, .pty = pty };

	start(&spec);
}

static void
finish(void)
{
	drive_until(is_over, &output);
	assert_true(chan->is_over);
	assert_false(chan->exit.lost);
}

static void
drop(void)
{
	chan->ops->destroy(chan);
	chan = NULL;
	buf_free(&output.out);
	buf_free(&output.err);
}

static void
exit_codes_are_reported(void **state)
{
	static const int codes[] = { 0, 1, 42, 127, 255 };
	char code[32];

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		for (int pty = 0; pty < 2; pty++) {
			snprintf(code, sizeof(code), "exit %d", codes[i]);
			start_sh(code, pty);
			finish();
			assert_true(chan->exit.exited);
			assert_int_equal(chan->exit.code, codes[i]);
			assert_int_equal(chan->exit.signal, 0);
			drop();
		}
}

static void
set(void *arg)
{
	*(bool *)arg = true;
}

static bool
is_set(void *arg)
{
	return *(bool *)arg;
}

/* The second that its children have after its exit is counted from when it is read again. */
static void
held_output_is_read_later_and_whole(void **state)
{
	struct timer *timer;
	bool is_later = false;

	(void)state;
	start_sh("head -c 40000 /dev/zero", false);
	chan->ops->hold(chan, true);
	timer_start(&timer, 1.5, set, &is_later);
	drive_until(is_set, &is_later);
	assert_false(output.is_over);
	assert_int_equal(output.out_bytes, 0);
	chan->ops->hold(chan, false);
	finish();
	assert_int_equal(output.out_bytes, 40000);
	assert_int_equal(chan->exit.code, 0);
	drop();
}

static void
an_end_by_a_signal_is_reported(void **state)
{
	static const int signals[] = { SIGTERM, SIGKILL, SIGUSR1 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		start_sh("sleep 1000", i == 1);
		assert_int_equal(chan->ops->signal(chan, signals[i]), 0);
		finish();
		assert_false(chan->exit.exited);
		assert_int_equal(chan->exit.signal, signals[i]);
		assert_int_equal(chan->ops->signal(chan, SIGTERM), -ESRCH);
		assert_int_equal(chan->ops->write(chan, "x", 1), -EPIPE);
		drop();
	}
}

static void
a_failed_start_is_an_error(void **state)
{
	char *absent[] = { "moonrig-no-such-program", NULL }, *folder[] = { "/", NULL },
	     *sh[] = { "sh", NULL };
	struct chan_spec spec = { .argv = absent };
	struct chan *c = NULL;

	(void)state;
	assert_int_equal(chan_spawn(&c, &spec), -ENOENT);
	spec.pty = true;
	assert_int_equal(chan_spawn(&c, &spec), -ENOENT);
	spec.argv = folder;
	assert_int_equal(chan_spawn(&c, &spec), -EACCES);
	spec.argv = sh;
	spec.cwd = lab_path("absent");
	assert_int_equal(chan_spawn(&c, &spec), -ENOENT);
	assert_null(c);
}

static void
environment_and_folder_are_set(void **state)
{
	char *argv[] = { "sh", "-c", "echo \"$LAB_A|$LAB_B|$PATH\"; pwd -P", NULL };
	char *env[] = { "LAB_A=one two", "LAB_B=", NULL };
	struct chan_spec spec = { .argv = argv, .env = env, .cwd = "/" };
	char *want = xsprintf("one two||%s\n/\n", getenv("PATH"));

	(void)state;
	start(&spec);
	finish();
	assert_string_equal(output.out.data, want);
	drop();
	free(want);
	assert_null(getenv("LAB_A"));
}

/* Only the one that is to stay, and under its number. */
static void
a_descriptor_can_be_inherited(void **state)
{
	int ends[2], other;
	char code[128];
	char *argv[] = { "sh", "-c", code, NULL };
	struct chan_spec spec = { .argv = argv };

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	other = fcntl(ends[0], F_DUPFD_CLOEXEC, 0);
	assert_int_equal(write(ends[1], "from here\n", 10), 10);
	snprintf(code, sizeof(code),
		 "read line </proc/self/fd/%d; echo $line; [ -e /proc/self/fd/%d ] || echo alone",
		 ends[0], other);
	spec.keep = ends[0];
	start(&spec);
	finish();
	assert_string_equal(output.out.data, "from here\nalone\n");
	drop();
	assert_int_equal(fcntl(ends[0], F_GETFD), FD_CLOEXEC);
	close(ends[0]);
	close(ends[1]);
	close(other);
}

static void
stdout_and_stderr_are_apart(void **state)
{
	(void)state;
	start_sh("echo out; echo err >&2; [ -t 0 ] || [ -t 1 ] || echo no terminal", false);
	finish();
	assert_string_equal(output.out.data, "out\nno terminal\n");
	assert_string_equal(output.err.data, "err\n");
	drop();
}

static void
a_pty_is_a_terminal_without_echo(void **state)
{
	(void)state;
	start_sh("[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo a terminal; stty size; echo err >&2;"
		 " read line; echo \"got $line\"; tty >/dev/null && echo controlling </dev/tty",
		 true);
	assert_int_equal(chan->ops->write(chan, "typed\n", 6), 0);
	finish();
	assert_string_equal(output.out.data, "a terminal\n50 200\nerr\ngot typed\ncontrolling\n");
	assert_int_equal(output.err.len, 0);
	drop();
}

static void
ctrl_c_on_a_pty_interrupts(void **state)
{
	(void)state;
	start_sh("trap 'echo interrupted; exit 5' INT; echo ready; while :; do sleep 0.01; done",
		 true);
	while (strstr(output.out.data, "ready") == NULL)
		loop_turn(false);
	chan->ops->write(chan, "\003", 1);
	finish();
	assert_int_equal(chan->exit.code, 5);
	drop();
}

static void
an_end_of_input_is_read(void **state)
{
	(void)state;
	for (int pty = 0; pty < 2; pty++) {
		start_sh("cat; echo over", pty);
		assert_int_equal(chan->ops->write(chan, "x\n", 2), 0);
		chan->ops->eof(chan);
		finish();
		assert_string_equal(output.out.data, "x\nover\n");
		if (!pty)
			assert_int_equal(chan->ops->write(chan, "y", 1), -EPIPE);
		drop();
	}
}

static void
much_data_moves_both_ways_at_once(void **state)
{
	size_t len = 24u << 20;
	char *bytes = xcalloc(1, len);

	(void)state;
	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(i * 7 + i / 251);
	start_sh("exec cat", false);
	assert_int_equal(chan->ops->write(chan, bytes, len / 2), 0);
	assert_int_equal(chan->ops->write(chan, bytes + len / 2, len - len / 2), 0);
	chan->ops->eof(chan);
	finish();
	assert_int_equal(output.out.len, len);
	assert_memory_equal(output.out.data, bytes, len);
	drop();
	free(bytes);
}

static void
the_last_output_is_read(void **state)
{
	(void)state;
	for (int pty = 0; pty < 2; pty++) {
		start_sh("head -c 1000000 /dev/zero | tr '\\0' x; printf end; exit 3", pty);
		finish();
		assert_int_equal(output.out.len, 1000003);
		assert_string_equal(output.out.data + 1000000, "end");
		assert_int_equal(chan->exit.code, 3);
		drop();
	}
}

static void
the_group_ends_with_its_leader(void **state)
{
	char *code = xsprintf("(trap '' TERM HUP; exec sleep 1000) & echo $! >%s; echo started",
			      lab_path("pid"));
	pid_t child;

	(void)state;
	start_sh(code, false);
	finish();
	assert_int_equal(chan->exit.code, 0);
	child = lab_await_pid(lab_path("pid"));
	assert_true(lab_is_gone(child));
	assert_string_equal(output.out.data, "started\n");
	drop();
	free(code);
}

/* A child in a session of its own keeps the output open; that is not waited for. */
static void
a_child_outside_the_group_does_not_hold_it_open(void **state)
{
	char *code = xsprintf(
		"setsid sh -c 'echo $$ >%s; exec sleep 1000' & while ! [ -s %s ]; do sleep 0.01; done",
		lab_path("pid"), lab_path("pid"));
	pid_t child;

	(void)state;
	start_sh(code, false);
	finish();
	child = lab_await_pid(lab_path("pid"));
	assert_int_equal(kill(child, SIGKILL), 0);
	drop();
	free(code);
}

static void
a_running_one_may_be_destroyed(void **state)
{
	char *code =
		xsprintf("trap '' TERM HUP INT; sleep 1000 & echo $! >%s; wait", lab_path("pid"));
	pid_t leader, child;

	(void)state;
	for (int pty = 0; pty < 2; pty++) {
		unlink(lab_path("pid"));
		start_sh(code, pty);
		leader = (pid_t)chan->pid;
		child = lab_await_pid(lab_path("pid"));
		chan->ops->write(chan, "unread", 6);
		drop();
		assert_true(lab_is_gone(leader));
		assert_true(lab_is_gone(child));
	}
	free(code);
}

static void
signals_and_masks_are_not_inherited(void **state)
{
	unsigned long long blocked, ignored;
	sigset_t set, old;

	(void)state;
	/* we ignore SIGPIPE, and block this one */
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, &old);
	start_sh("grep -E 'Sig(Blk|Ign)' /proc/self/status", false);
	sigprocmask(SIG_SETMASK, &old, NULL);
	finish();
	assert_int_equal(sscanf(output.out.data, "SigBlk: %llx SigIgn: %llx", &blocked, &ignored),
			 2);
	assert_int_equal(blocked, 0);
	/* 32 and 33 are glibc's own, and make leaves them ignored */
	assert_int_equal(ignored & 0x7fffffff, 0);
	drop();
}

static void
no_descriptor_is_inherited(void **state)
{
	struct chan *other;

	(void)state;
	start_sh("sleep 1000", false);
	other = chan;
	start_sh("ls /proc/$$/fd", false);
	finish();
	assert_string_equal(output.out.data, "0\n1\n2\n");
	drop();
	other->ops->destroy(other);
}

static void
many_run_at_once(void **state)
{
	enum { MANY = 50 };
	struct chan *chans[MANY];
	struct output all[MANY];

	(void)state;
	memset(all, 0, sizeof(all));
	for (int i = 0; i < MANY; i++) {
		char *code = xsprintf("echo %d; exit %d", i, i);
		char *argv[] = { "sh", "-c", code, NULL };
		struct chan_spec spec = { .argv = argv, .pty = i % 2 };

		assert_int_equal(chan_spawn(&chans[i], &spec), 0);
		chans[i]->data = on_data;
		chans[i]->ended = on_end;
		chans[i]->owner = &all[i];
		free(code);
	}
	for (int i = 0; i < MANY; i++) {
		drive_until(is_over, &all[i]);
		assert_int_equal(atoi(all[i].out.data), i);
		assert_int_equal(chans[i]->exit.code, i);
		chans[i]->ops->destroy(chans[i]);
		buf_free(&all[i].out);
	}
}

/* ---- sockets ---- */

static int
listener(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void
a_socket_is_read_until_its_close(void **state)
{
	const char *path = lab_path("sock");
	int fd = listener(path), peer;
	struct chan *c = NULL;
	char bytes[16];

	(void)state;
	assert_int_equal(chan_unix(&c, path), 0);
	listen_to(c);
	peer = accept(fd, NULL, NULL);
	assert_int_equal(c->ops->write(c, "hello", 5), 0);
	assert_int_equal(read(peer, bytes, sizeof(bytes)), 5);
	assert_int_equal(c->ops->signal(c, SIGTERM), -ENOTSUP);
	/* our end of input: the peer reads it, and may still reply */
	c->ops->eof(c);
	assert_int_equal(read(peer, bytes, sizeof(bytes)), 0);
	assert_int_equal(c->ops->write(c, "x", 1), -EPIPE);
	assert_int_equal(write(peer, "answer", 6), 6);
	close(peer);
	drive_until(is_over, &output);
	assert_string_equal(output.out.data, "answer");
	assert_true(c->exit.lost);
	drop();
	close(fd);
}

static void
a_socket_hangs_up_without_reading(void **state)
{
	const char *path = lab_path("sock");
	int fd = listener(path), peer;
	struct chan *c = NULL;

	(void)state;
	assert_int_equal(chan_unix(&c, path), 0);
	listen_to(c);
	peer = accept(fd, NULL, NULL);
	assert_int_equal(c->ops->write(c, "unread", 6), 0);
	assert_int_equal(write(peer, "answer", 6), 6);
	close(peer);
	drive_turns(4);
	assert_string_equal(output.out.data, "answer");
	assert_true(output.is_over);
	assert_true(c->exit.lost);
	drop();
	close(fd);
}

static void
an_invalid_socket_path_is_an_error(void **state)
{
	char path[200];
	struct chan *c = NULL;
	int fd;

	(void)state;
	assert_int_equal(chan_unix(&c, lab_path("absent")), -ENOENT);
	fd = listener(lab_path("dead"));
	close(fd);
	assert_int_equal(chan_unix(&c, lab_path("dead")), -ECONNREFUSED);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(chan_unix(&c, path), -ENAMETOOLONG);
	assert_null(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_codes_are_reported),
		cmocka_unit_test(held_output_is_read_later_and_whole),
		cmocka_unit_test(an_end_by_a_signal_is_reported),
		cmocka_unit_test(a_failed_start_is_an_error),
		cmocka_unit_test(environment_and_folder_are_set),
		cmocka_unit_test(a_descriptor_can_be_inherited),
		cmocka_unit_test(stdout_and_stderr_are_apart),
		cmocka_unit_test(a_pty_is_a_terminal_without_echo),
		cmocka_unit_test(ctrl_c_on_a_pty_interrupts),
		cmocka_unit_test(an_end_of_input_is_read),
		cmocka_unit_test(much_data_moves_both_ways_at_once),
		cmocka_unit_test(the_last_output_is_read),
		cmocka_unit_test(the_group_ends_with_its_leader),
		cmocka_unit_test(a_child_outside_the_group_does_not_hold_it_open),
		cmocka_unit_test(a_running_one_may_be_destroyed),
		cmocka_unit_test(signals_and_masks_are_not_inherited),
		cmocka_unit_test(no_descriptor_is_inherited),
		cmocka_unit_test(many_run_at_once),
		cmocka_unit_test(a_socket_is_read_until_its_close),
		cmocka_unit_test(a_socket_hangs_up_without_reading),
		cmocka_unit_test(an_invalid_socket_path_is_an_error),
	};

	return LAB_RUN("spawn", tests, NULL, NULL);
}
