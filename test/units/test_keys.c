/* test_keys: single keys at a terminal: a pty whose foreground is a child of the test's. */
#include "units/lab.h"

#include <errno.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "tty/keys.h"

#define LONG 20.0

/* What a child must find; its exit status is the line of the first that it did not. */
#define MUST(x)                                                                                    \
	do {                                                                                       \
		if (!(x))                                                                          \
			_exit(__LINE__ & 0xff ? __LINE__ & 0xff : 1);                              \
	} while (0)

static int
await(struct keys *k, double seconds)
{
	struct wait *w = drive_new();

	MUST(keys_await(k, seconds, w) == 0);
	return drive_wait(w);
}

static tcflag_t
modes(void)
{
	struct termios t;

	MUST(tcgetattr(0, &t) == 0);
	return t.c_lflag & (tcflag_t)(ICANON | ECHO | ISIG);
}

static void
presses(void)
{
	struct keys *k;
	struct wait other = { 0 }, *w;

	MUST(modes() == (ICANON | ECHO | ISIG));
	MUST(keys_open(&k, scope_root(), 0) == 0);
	MUST(modes() == ISIG);
	w = drive_new();
	MUST(keys_await(k, LONG, w) == 0);
	MUST(keys_await(k, LONG, &other) == -EBUSY);
	MUST(write(1, "1", 1) == 1);
	MUST(drive_wait(w) == 'a');
	MUST(write(1, "2", 1) == 1);
	MUST(await(k, LONG) == 'b');
	MUST(await(k, LONG) == '\n');
	MUST(await(k, 0.01) == -ETIMEDOUT);
	res_hold(keys_res(k));
	res_close(keys_res(k));
	MUST(await(k, LONG) == -EPIPE);
	res_drop(keys_res(k));
	MUST(modes() == (ICANON | ECHO | ISIG));
}

/* The shell has set the terminal right meanwhile. */
static void
is_stopped_and_goes_on(void)
{
	struct termios t;
	struct keys *k;

	MUST(keys_open(&k, scope_root(), 0) == 0);
	MUST(tcgetattr(0, &t) == 0);
	t.c_lflag |= ICANON | ECHO;
	MUST(tcsetattr(0, TCSANOW, &t) == 0);
	raise(SIGCONT);
	while (modes() != ISIG)
		loop_turn(true);
	MUST(write(1, "1", 1) == 1);
	MUST(await(k, LONG) == 'a');
	res_close(keys_res(k));
}

static void
hangs_up(void)
{
	struct keys *k;

	signal(SIGHUP, SIG_IGN);
	MUST(keys_open(&k, scope_root(), 0) == 0);
	MUST(write(1, "1", 1) == 1);
	MUST(await(k, LONG) == -EPIPE);
	res_close(keys_res(k));
}

static void
exits(void)
{
	struct keys *k;

	MUST(keys_open(&k, scope_root(), 0) == 0);
	MUST(modes() == ISIG);
	exit(0);
}

static void
aborts(void)
{
	struct keys *k;
	struct rlimit none = { 0 };

	setrlimit(RLIMIT_CORE, &none);
	MUST(keys_open(&k, scope_root(), 0) == 0);
	MUST(modes() == ISIG);
	abort();
}

/* A job of its shell's, which alone can be stopped: stopped, the terminal is the shell's again. */
static void
is_suspended(void)
{
	struct keys *k;
	int status;
	pid_t job = fork();

	signal(SIGTTOU, SIG_IGN);
	if (job == 0) {
		setpgid(0, 0);
		tcsetpgrp(0, getpgrp());
		MUST(keys_open(&k, scope_root(), 0) == 0);
		kill(getpid(), SIGTSTP);
		MUST(await(k, LONG) == 'a');
		MUST(modes() == ISIG);
		res_close(keys_res(k));
		_exit(0);
	}
	MUST(waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status));
	MUST(modes() == (ICANON | ECHO | ISIG));
	kill(job, SIGCONT);
	MUST(write(1, "1", 1) == 1);
	MUST(waitpid(job, &status, 0) == job && status == 0);
}

static pid_t
begin(void (*child)(void), int *master)
{
	pid_t pid = forkpty(master, NULL, NULL, NULL);

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	child();
	drive_turns(2);
	_exit(0);
}

static void
expect_byte(int master, char c)
{
	char got;

	assert_int_equal(read(master, &got, 1), 1);
	assert_int_equal(got, c);
}

static void
ended_well(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
each_key_is_read_when_pressed(void **state)
{
	int master;
	pid_t pid = begin(presses, &master);

	(void)state;
	/* nothing of what is typed is shown: the next that is read is the child's again */
	expect_byte(master, '1');
	assert_int_equal(write(master, "a", 1), 1);
	expect_byte(master, '2');
	assert_int_equal(write(master, "b\r", 2), 2);
	ended_well(pid);
	close(master);
}

/* It asks for a key by a byte, and ends well with it. */
static void
ends_with_a_key(void (*child)(void))
{
	int master;
	pid_t pid = begin(child, &master);

	expect_byte(master, '1');
	assert_int_equal(write(master, "a", 1), 1);
	ended_well(pid);
	close(master);
}

static void
reading_continues_in_the_foreground(void **state)
{
	(void)state;
	ends_with_a_key(is_stopped_and_goes_on);
}

static void
a_closed_terminal_ends_the_wait(void **state)
{
	int master;
	pid_t pid = begin(hangs_up, &master);

	(void)state;
	expect_byte(master, '1');
	close(master);
	ended_well(pid);
}

static tcflag_t
modes_at(int master)
{
	struct termios t;

	assert_int_equal(tcgetattr(master, &t), 0);
	return t.c_lflag & (tcflag_t)(ICANON | ECHO | ISIG);
}

static void
an_exit_restores_the_terminal(void **state)
{
	void (*const ends[])(void) = { exits, aborts };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int master, status;
		pid_t pid = begin(ends[i], &master);

		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (ends[i] == exits)
			assert_int_equal(status, 0);
		else
			assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
		assert_int_equal(modes_at(master), ICANON | ECHO | ISIG);
		close(master);
	}
}

static void
a_stop_restores_the_terminal(void **state)
{
	(void)state;
	/* which stops no process that has caught SIGTSTP */
	if (lab_is_under_memcheck())
		skip();
	ends_with_a_key(is_suspended);
}

static void
another_programs_terminal_is_refused(void **state)
{
	struct keys *k;
	int ends[2], master, slave;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(keys_open(&k, lab_scope(), ends[0]), -ENOTTY);
	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	assert_int_equal(keys_open(&k, lab_scope(), slave), -ENOTTY);
	close(ends[0]);
	close(ends[1]);
	close(master);
	close(slave);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_is_read_when_pressed),
		cmocka_unit_test(reading_continues_in_the_foreground),
		cmocka_unit_test(a_closed_terminal_ends_the_wait),
		cmocka_unit_test(an_exit_restores_the_terminal),
		cmocka_unit_test(a_stop_restores_the_terminal),
		cmocka_unit_test(another_programs_terminal_is_refused),
	};

	return LAB_RUN("keys", tests, NULL, NULL);
}
