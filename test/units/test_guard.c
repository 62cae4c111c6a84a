/* test_guard: the undos that a guard runs when its worker is gone. */
#include "units/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chan/chan.h"
#include "guard/guard.h"
#include "guard/proc.h"
#include "units/clock.h"

/* A worker behind a guard: `work` is run by it, and its result is its exit status. Returns the
 * guard's pid, which is our child. */
static pid_t
guarded(int (*work)(void))
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	alarm(0);
	/* the loop of the test is not ours */
	if (guard_start(NULL) < 0)
		_exit(99);
	alarm(120);
	_exit(work());
}

/* How the guard ended. */
static int
status_of(pid_t guard)
{
	int status;

	assert_int_equal(waitpid(guard, &status, 0), guard);
	return status;
}

static void
ended_with(pid_t guard, int code)
{
	int status = status_of(guard);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), code);
}

static int
die(void)
{
	kill(getpid(), SIGKILL);
	return 1;
}

static void
touch(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		_exit(98);
	close(fd);
}

static void
note(const char *path, long number)
{
	FILE *f = fopen(path, "we");

	if (f == NULL || fprintf(f, "%ld\n", number) < 0 || fclose(f) != 0)
		_exit(97);
}

/* Paths are made before the fork, so that both sides have them. */
static const char *a, *b, *c, *d;

static int
exits_with_7(void)
{
	return 7;
}

static void
the_workers_status_is_the_guards(void **state)
{
	(void)state;
	ended_with(guarded(exits_with_7), 7);
	ended_with(guarded(die), 128 + SIGKILL);
}

static int
leaves_children(void)
{
	char *code = xsprintf("trap '' TERM HUP INT; sleep 1000 & echo $! >%s; wait", a);
	char *argv[] = { "sh", "-c", code, NULL };
	struct chan_spec spec = { .argv = argv }, pty = { .argv = argv, .pty = true };
	struct chan *first = NULL, *second = NULL;

	if (chan_spawn(&first, &spec) < 0)
		return 96;
	lab_await_file(a);
	free(code);
	argv[2] = xsprintf("trap '' TERM HUP INT; setsid sleep 1000 & echo $! >%s; wait", b);
	if (chan_spawn(&second, &pty) < 0)
		return 96;
	lab_await_file(b);
	note(c, first->pid);
	note(d, second->pid);
	return die();
}

static void
children_are_killed(void **state)
{
	pid_t guard, pids[4];

	(void)state;
	a = lab_path("a");
	b = lab_path("b");
	c = lab_path("c");
	d = lab_path("d");
	guard = guarded(leaves_children);
	ended_with(guard, 128 + SIGKILL);
	pids[0] = lab_await_pid(a);
	pids[1] = lab_await_pid(b); /* one in a session of its own */
	pids[2] = lab_await_pid(c);
	pids[3] = lab_await_pid(d);
	for (int i = 0; i < 4; i++)
		assert_true(lab_is_gone(pids[i]));
}

static int
leaves_files(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char path[256];

	guard_tree(a);
	touch(a);
	guard_tree(b);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", b);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return 95;
	guard_tree(c);
	mkdir(c, 0700);
	snprintf(path, sizeof(path), "%s/deep", c);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/deep/file", c);
	touch(path);
	/* a link in it is removed; what it shows is not */
	snprintf(path, sizeof(path), "%s/link", c);
	if (symlink(d, path) < 0)
		return 94;
	/* registered, and never made */
	guard_tree("/tmp/moonrig-never-made");
	return die();
}

static int
goes_elsewhere(void)
{
	touch(a);
	if (chdir("/tmp") < 0)
		return 1;
	/* "a" of the scratch folder, as seen from there */
	guard_tree(a + strlen("/tmp/"));
	return chdir("/") < 0;
}

static void
a_relative_path_is_of_the_workers_folder(void **state)
{
	(void)state;
	a = lab_path("a");
	assert_memory_equal(a, "/tmp/", 5);
	ended_with(guarded(goes_elsewhere), 0);
	assert_false(lab_exists(a));
}

static void
files_sockets_and_trees_are_removed(void **state)
{
	(void)state;
	a = lab_path("file");
	b = lab_path("sock");
	c = lab_path("tree");
	d = lab_path("stays");
	assert_int_equal(mkdir(d, 0700), 0);
	lab_write(lab_path("stays/file"), "x");
	ended_with(guarded(leaves_files), 128 + SIGKILL);
	assert_false(lab_exists(a));
	assert_false(lab_exists(b));
	assert_false(lab_exists(c));
	assert_true(lab_exists(lab_path("stays/file")));
}

static int
registers_commands(void)
{
	for (int i = 1; i <= 3; i++) {
		char *code = xsprintf("echo undo %d >>\"$0\"", i);
		char *argv[] = { "sh", "-c", code, (char *)a, NULL };

		guard_run(argv);
		free(code);
	}
	return die();
}

static void
commands_run_newest_first(void **state)
{
	char *text;

	(void)state;
	a = lab_path("undone with a blank");
	ended_with(guarded(registers_commands), 128 + SIGKILL);
	text = lab_read(a);
	assert_string_equal(text, "undo 3\nundo 2\nundo 1\n");
	free(text);
}

static int
drops_some(void)
{
	char *argv[] = { "touch", (char *)d, NULL };
	int first, second, run;

	touch(a);
	touch(b);
	touch(c);
	first = guard_tree(a);
	second = guard_tree(b);
	guard_tree(c);
	run = guard_run(argv);
	if (first <= 0 || second <= first || run <= second)
		return 93;
	guard_drop(run);
	guard_drop(first);
	guard_drop(first);
	guard_drop(0);
	guard_drop(12345);
	return 5;
}

static void
a_dropped_undo_is_not_run(void **state)
{
	(void)state;
	a = lab_path("a");
	b = lab_path("b");
	c = lab_path("c");
	d = lab_path("d");
	/* also after an end in peace: what is still on the list is undone */
	ended_with(guarded(drops_some), 5);
	assert_true(lab_exists(a));
	assert_false(lab_exists(b));
	assert_false(lab_exists(c));
	assert_false(lab_exists(d));
}

static int
drops_many(void)
{
	for (int i = 0; i < 5000; i++)
		guard_drop(guard_tree(a));
	return die();
}

static void
many_records_are_undone(void **state)
{
	(void)state;
	a = lab_path("a");
	lab_write(a, "x");
	ended_with(guarded(drops_many), 128 + SIGKILL);
	assert_true(lab_exists(a));
}

static pid_t stranger;

/* As after the reuse of a pid: the record has another start time. */
static int
knows_a_reused_pid(void)
{
	pid_t child = fork();

	if (child == 0) {
		setpgid(0, 0);
		pause();
	}
	setpgid(child, child);
	guard_group(child, proc_start_time(child));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	note(b, child);
	return die();
}

static void
a_start_time_names_a_process(void **state)
{
	int go[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(go), 0);
	assert_true(proc_start_time(getpid()) > 0);
	assert_int_equal(proc_start_time(getpid()), proc_start_time(getpid()));
	assert_int_equal(proc_start_time(0), 0);
	pid = fork();
	if (pid == 0) {
		char byte;

		close(go[1]);
		/* a name that looks like two fields */
		prctl(PR_SET_NAME, "a) S 1 (b");
		_exit(read(go[0], &byte, 1) != 0);
	}
	close(go[0]);
	assert_true(proc_start_time(pid) >= proc_start_time(getpid()));
	assert_true(proc_start_time(pid) < proc_start_time(getpid()) + 100ull * 3600 * 24);
	close(go[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(proc_start_time(pid), 0);
}

/* A pid cannot be had twice at will (and not in a namespace of one's own as
 * nobody): the stranger is one whose group was recorded before it was it. */
static int
records_the_stranger_of_another_time(void)
{
	guard_group(stranger, proc_start_time(stranger) - 1);
	return die();
}

static int
records_the_stranger(void)
{
	guard_group(stranger, proc_start_time(stranger));
	return die();
}

static pid_t
start_stranger(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		setpgid(0, 0);
		pause();
		_exit(0);
	}
	setpgid(pid, pid);
	return pid;
}

static void
a_reused_pid_is_not_touched(void **state)
{
	(void)state;
	b = lab_path("b");
	stranger = start_stranger();
	ended_with(guarded(records_the_stranger_of_another_time), 128 + SIGKILL);
	assert_int_equal(waitpid(stranger, NULL, WNOHANG), 0);
	/* and the same with its own start time is */
	ended_with(guarded(records_the_stranger), 128 + SIGKILL);
	assert_int_equal(waitpid(stranger, NULL, 0), stranger);
	/* a dead one is harmless */
	ended_with(guarded(knows_a_reused_pid), 128 + SIGKILL);
}

static int
waits_for_ever(void)
{
	note(a, getpid());
	while (pause() < 0)
		;
	return 0;
}

static void
a_worker_without_its_guard_ends(void **state)
{
	pid_t guard, worker;

	(void)state;
	a = lab_path("a");
	guard = guarded(waits_for_ever);
	worker = lab_await_pid(a);
	kill(guard, SIGKILL);
	assert_int_equal(WTERMSIG(status_of(guard)), SIGKILL);
	assert_true(lab_is_gone(worker));
}

static int
leaves_at_sigterm(void)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	note(a, getpid());
	sigwait(&set, &sig);
	note(b, sig);
	return 3;
}

static void
signals_are_passed_on(void **state)
{
	pid_t guard;

	(void)state;
	a = lab_path("a");
	b = lab_path("b");
	guard = guarded(leaves_at_sigterm);
	lab_await_pid(a);
	kill(guard, SIGTERM);
	ended_with(guard, 3);
}

static int
stays_at_sigterm(void)
{
	leaves_at_sigterm();
	while (pause() < 0)
		;
	return 0;
}

static void
sigusr1_ends_a_worker_at_once(void **state)
{
	pid_t guard, worker;

	(void)state;
	a = lab_path("a");
	b = lab_path("b");
	/* the grace of SIGTERM does not end */
	clock_stop(true);
	guard = guarded(stays_at_sigterm);
	clock_stop(false);
	worker = lab_await_pid(a);
	kill(guard, SIGTERM);
	lab_await_file(b);
	kill(guard, SIGUSR1);
	ended_with(guard, 128 + SIGKILL);
	assert_true(lab_is_gone(worker));
}

static void
without_a_guard_nothing_is_registered(void **state)
{
	char *argv[] = { "true", NULL };

	(void)state;
	assert_int_equal(guard_tree("/x"), 0);
	assert_int_equal(guard_group(getpid(), proc_start_time(getpid())), 0);
	assert_int_equal(guard_run(argv), 0);
	guard_drop(0);
	guard_drop(1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_workers_status_is_the_guards),
		cmocka_unit_test(children_are_killed),
		cmocka_unit_test(files_sockets_and_trees_are_removed),
		cmocka_unit_test(a_relative_path_is_of_the_workers_folder),
		cmocka_unit_test(commands_run_newest_first),
		cmocka_unit_test(a_dropped_undo_is_not_run),
		cmocka_unit_test(many_records_are_undone),
		cmocka_unit_test(a_start_time_names_a_process),
		cmocka_unit_test(a_reused_pid_is_not_touched),
		cmocka_unit_test(a_worker_without_its_guard_ends),
		cmocka_unit_test(signals_are_passed_on),
		cmocka_unit_test(sigusr1_ends_a_worker_at_once),
		cmocka_unit_test(without_a_guard_nothing_is_registered),
	};

	return LAB_RUN("guard", tests, NULL, NULL);
}
