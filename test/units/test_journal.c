/* test_journal: the files of dead guards, and the sweep that runs them. */
#include "units/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guard/journal.h"
#include "guard/proc.h"

static unsigned int naps;

/* In place of libc's: the sweep's waits for processes are counted. */
int
nanosleep(const struct timespec *span, struct timespec *left)
{
	naps++;
	errno = clock_nanosleep(CLOCK_REALTIME, 0, span, left);
	return errno == 0 ? 0 : -1;
}

static char *
in_folder(const char *name)
{
	return xstrdup(lab_path(name));
}

static bool
is_there(const char *name)
{
	char *path = in_folder(name);
	bool is = access(path, F_OK) == 0;

	free(path);
	return is;
}

static void
make(const char *name, const char *text, size_t len)
{
	char *path = in_folder(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, text, len), (ssize_t)len);
	close(fd);
	free(path);
}

static void
add(struct journal *j, int id, const char *kind, const char *word)
{
	struct buf b = { 0 };

	buf_printf(&b, "+%d %s", id, kind);
	buf_add_char(&b, '\0');
	buf_add(&b, word, strlen(word));
	journal_add(j, b.data, b.len);
	buf_free(&b);
}

/* A guard that begins a journal, lists two files, takes one back, and is killed. */
static void
guard_that_is_killed(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct journal *j = journal_begin(lab_path(""));
		char *a = in_folder("a"), *b = in_folder("b");

		add(j, 1, "tree", a);
		add(j, 2, "tree", b);
		journal_add(j, "-1", 2);
		raise(SIGKILL);
	}
	waitpid(pid, NULL, 0);
}

static void
a_sweep_undoes_a_killed_guards_list(void **state)
{
	(void)state;
	make("a", "", 0);
	make("b", "", 0);
	guard_that_is_killed();
	assert_int_equal(journal_sweep(lab_path("")), 1);
	assert_true(is_there("a"));
	assert_false(is_there("b"));
	assert_int_equal(journal_sweep(lab_path("")), 0);
}

static void
a_living_guard_is_left_alone(void **state)
{
	struct journal *j = journal_begin(lab_path(""));
	char *b = in_folder("b");

	(void)state;
	assert_non_null(j);
	make("b", "", 0);
	add(j, 1, "tree", b);
	assert_int_equal(journal_sweep(lab_path("")), 0);
	assert_true(is_there("b"));
	journal_end(j);
	assert_int_equal(journal_sweep(lab_path("")), 0);
	unlink(b);
	free(b);
}

#define NO_START ULLONG_MAX

/* A journal of this boot that lists a process, its start moved by `later`; swept. */
static pid_t
sweep_a_process(unsigned long long later)
{
	pid_t other = fork();
	struct buf b = { 0 };
	char boot[64] = "", *pid, *start;
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "r");

	if (other == 0) {
		setsid();
		pause();
		_exit(0);
	}
	while (getpgid(other) != other)
		sched_yield();
	assert_non_null(f);
	assert_non_null(fgets(boot, sizeof(boot), f));
	fclose(f);
	pid = xsprintf("%d", other);
	start = xsprintf("%llu", later == NO_START ? 0 : proc_start_time(other) + later);
	buf_printf(&b, "boot %s%zu:+1 group", boot, 8 + 1 + strlen(pid) + 1 + strlen(start));
	buf_add_char(&b, '\0');
	buf_add(&b, pid, strlen(pid) + 1);
	buf_printf(&b, "%s\n", start);
	make("999999999.1", b.data, b.len);
	assert_int_equal(journal_sweep(lab_path("")), 1);
	buf_free(&b);
	free(pid);
	free(start);
	return other;
}

static void
the_listed_process_is_killed(void **state)
{
	pid_t other = sweep_a_process(0);

	(void)state;
	/* reaped by the sweep, or to be reaped now */
	waitpid(other, NULL, 0);
	assert_int_equal(kill(other, 0), -1);
}

static void
a_process_with_a_reused_pid_is_not_touched(void **state)
{
	pid_t other = sweep_a_process(1);

	(void)state;
	assert_int_equal(waitpid(other, NULL, WNOHANG), 0);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
}

static void
a_process_without_its_start_is_not_touched(void **state)
{
	pid_t other = sweep_a_process(NO_START);

	(void)state;
	assert_int_equal(waitpid(other, NULL, WNOHANG), 0);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
}

static void
processes_of_another_boot_are_not_touched_but_files_are(void **state)
{
	pid_t other = fork();
	struct buf b = { 0 };
	char *path = in_folder("b"), *pid;
	unsigned long long start;

	(void)state;
	if (other == 0) {
		setsid();
		pause();
		_exit(0);
	}
	start = proc_start_time(other);
	pid = xsprintf("%d", other);
	make("b", "", 0);
	buf_printf(&b, "boot another\n%zu:+1 group",
		   8 + 1 + strlen(pid) + 1 + (size_t)snprintf(NULL, 0, "%llu", start));
	buf_add_char(&b, '\0');
	buf_add(&b, pid, strlen(pid) + 1);
	buf_printf(&b, "%llu\n%zu:+2 tree", start, 7 + 1 + strlen(path));
	buf_add_char(&b, '\0');
	buf_printf(&b, "%s\n", path);
	make("999999999.1", b.data, b.len);
	assert_int_equal(journal_sweep(lab_path("")), 1);
	assert_false(is_there("b"));
	assert_int_equal(waitpid(other, NULL, WNOHANG), 0);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	buf_free(&b);
	free(path);
	free(pid);
}

/* "LEN:+ID KIND", then words up to NULL, each behind a NUL. */
static void
put_record(struct buf *b, const char *head, const char *word, const char *word2)
{
	struct buf r = { 0 };

	buf_add(&r, head, strlen(head));
	for (const char *const *w = (const char *const[]){ word, word2, NULL }; *w != NULL; w++) {
		buf_add_char(&r, '\0');
		buf_add(&r, *w, strlen(*w));
	}
	buf_printf(b, "%zu:", r.len);
	buf_add(b, r.data, r.len);
	buf_add_char(b, '\n');
	buf_free(&r);
}

static void
put_boot(struct buf *b)
{
	char boot[64] = "";
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "r");

	assert_non_null(f);
	assert_non_null(fgets(boot, sizeof(boot), f));
	fclose(f);
	buf_printf(b, "boot %s", boot);
}

/* Makes the file again and again, as a worker would that goes on. */
static pid_t
start_maker(const char *path)
{
	pid_t pid = fork();

	if (pid > 0)
		return pid;
	for (;;) {
		int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		if (fd >= 0)
			close(fd);
		usleep(100);
	}
}

/* A journal whose worker is `pid`, and which lists a file. Returns how many were swept. */
static int
sweep_a_worker(pid_t pid, unsigned long long start, const char *path)
{
	char *name = xsprintf("%d", (int)pid), *since = xsprintf("%llu", start);
	struct buf b = { 0 };
	int swept;

	put_boot(&b);
	put_record(&b, "+0 worker", name, since);
	put_record(&b, "+1 tree", path, NULL);
	make("999999999.1", b.data, b.len);
	swept = journal_sweep(lab_path(""));
	buf_free(&b);
	free(name);
	free(since);
	return swept;
}

static void
a_worker_without_its_guard_is_killed_first(void **state)
{
	char *path = in_folder("made");
	pid_t maker = start_maker(path);

	(void)state;
	while (!is_there("made"))
		sched_yield();
	assert_int_equal(sweep_a_worker(maker, proc_start_time(maker), path), 1);
	/* reaped by the sweep, or to be reaped now */
	assert_int_not_equal(waitpid(maker, NULL, WNOHANG), 0);
	assert_false(is_there("made"));
	free(path);
}

static void
a_process_with_the_workers_reused_pid_is_not_touched(void **state)
{
	char *path = in_folder("made");
	pid_t maker = start_maker(path);

	(void)state;
	assert_int_equal(sweep_a_worker(maker, proc_start_time(maker) + 1, path), 1);
	assert_int_equal(waitpid(maker, NULL, WNOHANG), 0);
	kill(maker, SIGKILL);
	waitpid(maker, NULL, 0);
	unlink(path);
	free(path);
}

/* A container that shares the folder sees a pid of another container: no such process here. */
static void
a_guard_in_another_container_is_left_alone(void **state)
{
	struct journal *j = journal_begin(lab_path(""));
	char *here = xsprintf("%d.%llu", (int)getpid(), proc_start_time(getpid()));
	char *from = in_folder(here), *to = in_folder("999999999.7"), *b = in_folder("b");

	(void)state;
	assert_non_null(j);
	make("b", "", 0);
	add(j, 1, "tree", b);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(journal_sweep(lab_path("")), 0);
	assert_true(is_there("b"));
	/* and once it is gone */
	journal_end(j);
	assert_int_equal(journal_sweep(lab_path("")), 1);
	assert_false(is_there("b"));
	free(here);
	free(from);
	free(to);
	free(b);
}

/* A run's worker writes to the journal, but its life is not the guard's. */
static void
a_worker_does_not_hold_its_guards_lock(void **state)
{
	char *b = in_folder("b");
	int go[2];
	pid_t guard, worker;

	(void)state;
	make("b", "", 0);
	assert_int_equal(pipe(go), 0);
	guard = fork();
	if (guard == 0) {
		struct journal *j = journal_begin(lab_path(""));

		if (fork() == 0) {
			worker = getpid();
			journal_share(j);
			add(j, 1, "tree", b);
			_exit(write(go[1], &worker, sizeof(worker)) > 0 ? pause() : 1);
		}
		pause();
	}
	assert_int_equal(read(go[0], &worker, sizeof(worker)), sizeof(worker));
	assert_int_equal(journal_sweep(lab_path("")), 0);
	kill(guard, SIGKILL);
	waitpid(guard, NULL, 0);
	assert_int_equal(journal_sweep(lab_path("")), 1);
	assert_false(is_there("b"));
	kill(worker, SIGKILL);
	assert_int_equal(waitpid(worker, NULL, 0), worker);
	close(go[0]);
	close(go[1]);
	free(b);
}

/* As under a process 1 that never reaps: the guard and the processes on its list stay zombies. */
static void
zombies_do_not_delay_a_sweep(void **state)
{
	char *b = in_folder("b"), *name, *start;
	pid_t guard = fork(), zombie;
	struct buf text = { 0 };
	siginfo_t si;

	(void)state;
	make("b", "", 0);
	if (guard == 0) {
		zombie = fork();
		if (zombie == 0) {
			setsid();
			_exit(0);
		}
		waitid(P_PID, (id_t)zombie, &si, WEXITED | WNOWAIT);
		name = xsprintf("%d", (int)zombie);
		start = xsprintf("%llu", proc_start_time(zombie));
		put_boot(&text);
		put_record(&text, "+1 group", name, start);
		put_record(&text, "+2 tree", b, NULL);
		free(name);
		name = xsprintf("%d.%llu", (int)getpid(), proc_start_time(getpid()));
		make(name, text.data, text.len);
		free(name);
		raise(SIGKILL);
	}
	waitid(P_PID, (id_t)guard, &si, WEXITED | WNOWAIT);
	naps = 0;
	assert_int_equal(journal_sweep(lab_path("")), 1);
	assert_false(is_there("b"));
	assert_int_equal(naps, 0);
	while (waitpid(-1, NULL, 0) > 0)
		;
	free(b);
}

static void
hostile_journals_are_harmless(void **state)
{
	static const char *const texts[] = {
		"",
		"boot",
		"boot x",
		"boot x\n",
		"boot x\n5:",
		"boot x\n99999999999999999999:+1 tree",
		"boot x\n3:+1\n",
		"boot x\n7:+1 tree\n",
		"boot x\n-5:abc\n",
		"boot x\n0:\n\n\n",
		"boot x\n7:+1 tree\n4:-999\n",
		"no header\n5:+1 ab\n",
		"boot x\n2:ab\n1:\n1:+\n1:-\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		make("999999999.1", texts[i], strlen(texts[i]));
		assert_int_equal(journal_sweep(lab_path("")), 1);
	}
	/* one whose guard was killed before it had its name */
	make("999999999.1.part", "boot", 4);
	assert_int_equal(journal_sweep(lab_path("")), 1);
	make("not-a-journal", "x", 1);
	make("12.x", "x", 1);
	make("999999999.1.old", "x", 1);
	assert_int_equal(journal_sweep(lab_path("")), 0);
	assert_true(is_there("not-a-journal"));
	assert_int_equal(journal_sweep("/no/such/folder"), 0);
	assert_null(journal_begin("/no/such/folder"));
	journal_add(NULL, "x", 1);
	journal_end(NULL);
}

/* A record of the file "b", put together by `how`: what stands before the path and behind
 * it, NULs and all; its frame by `frame`. Swept; is the file still there? */
static bool
survives(const char *frame, const char *how, size_t how_len, const char *behind, size_t behind_len)
{
	char *path = in_folder("b");
	struct buf record = { 0 }, b = { 0 };

	make("b", "", 0);
	buf_add(&record, how, how_len);
	buf_add(&record, path, strlen(path));
	buf_add(&record, behind, behind_len);
	buf_printf(&b, "boot x\n%s%zu:", frame, record.len);
	buf_add(&b, record.data, record.len);
	buf_add_char(&b, '\n');
	make("999999999.1", b.data, b.len);
	assert_int_equal(journal_sweep(lab_path("")), 1);
	buf_free(&record);
	buf_free(&b);
	free(path);
	return is_there("b");
}

#define SURVIVES(frame, how, behind)                                                               \
	survives(frame, how, sizeof(how) - 1, behind, sizeof(behind) - 1)

static void
malformed_records_are_ignored(void **state)
{
	(void)state;
	assert_false(SURVIVES("", "+1 tree\0", ""));
	assert_true(SURVIVES("", "+1 unlink\0", ""));
	assert_true(SURVIVES("", "+ tree\0", ""));
	assert_true(SURVIVES("", "*1 tree\0", ""));
	assert_true(SURVIVES("", "+1x tree\0", ""));
	assert_true(SURVIVES("", "+01 tree\0", ""));
	assert_true(SURVIVES("", "+-1 tree\0", ""));
	assert_true(SURVIVES("", "+1\0002 tree\0", ""));
	assert_true(SURVIVES("", "+1 tree\0", "\0more"));
	assert_true(SURVIVES("", "+1 tree\0", "\0"));
	assert_true(SURVIVES("", "+1 tree\0./", ""));
	assert_true(SURVIVES(" ", "+1 tree\0", ""));
	assert_true(SURVIVES("+", "+1 tree\0", ""));
	assert_true(SURVIVES("0", "+1 tree\0", ""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sweep_undoes_a_killed_guards_list),
		cmocka_unit_test(a_living_guard_is_left_alone),
		cmocka_unit_test(the_listed_process_is_killed),
		cmocka_unit_test(a_process_with_a_reused_pid_is_not_touched),
		cmocka_unit_test(processes_of_another_boot_are_not_touched_but_files_are),
		cmocka_unit_test(a_worker_without_its_guard_is_killed_first),
		cmocka_unit_test(a_process_with_the_workers_reused_pid_is_not_touched),
		cmocka_unit_test(a_guard_in_another_container_is_left_alone),
		cmocka_unit_test(a_worker_does_not_hold_its_guards_lock),
		cmocka_unit_test(zombies_do_not_delay_a_sweep),
		cmocka_unit_test(hostile_journals_are_harmless),
		cmocka_unit_test(a_process_without_its_start_is_not_touched),
		cmocka_unit_test(malformed_records_are_ignored),
	};

	return LAB_RUN("journal", tests, NULL, NULL);
}
