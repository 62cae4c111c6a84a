/* test_console: typing at real programs, and reading their replies. */
#include "units/lab.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "console/console.h"

#define PROMPT  "\ntestpmd> "
#define SECONDS 60.0

/* An answer awaited. */
struct ask {
	struct wait *wait;
	struct console_reply reply;
};

static const struct console_prompt prompt = { .text = PROMPT };

static struct console *
open_on(char *const *argv, bool pty, const struct console_end *end)
{
	struct chan_spec spec = { .argv = argv, .pty = pty };
	struct chan *chan = NULL;
	struct console *c;

	assert_int_equal(chan_spawn(&chan, &spec), 0);
	c = console_open(lab_scope(), "lab", chan, end);
	res_hold(console_res(c));
	assert_int_equal(console_set_prompt(c, &prompt), 0);
	return c;
}

static struct console *
open_sh(const char *code, bool pty)
{
	char *argv[] = { "sh", "-c", (char *)code, NULL };
	struct console_end end = { 0 };

	return open_on(argv, pty, &end);
}

static const struct console_place coming = { .from = CONSOLE_NEXT },
				  last = { .from = CONSOLE_LAST },
				  whole = { .from = CONSOLE_START };

static void
expect_at(struct console *c, struct ask *a, const struct console_place *place, const char *needle,
	  double seconds)
{
	a->wait = drive_new();
	assert_int_equal(console_expect(c, &needle, 1, place, seconds, a->wait, &a->reply), 0);
}

static void
expect(struct console *c, struct ask *a, const char *needle, double seconds)
{
	expect_at(c, a, &last, needle, seconds);
}

static void
command(struct console *c, struct ask *a, const char *line, double seconds)
{
	a->wait = drive_new();
	assert_int_equal(console_command(c, line, seconds, a->wait, &a->reply), 0);
}

static int
status_of(struct ask *a)
{
	int status = drive_wait(a->wait);

	assert_int_equal(a->reply.status, status);
	return status;
}

/* The answer came, and this is its text. */
static void
answered(struct ask *a, const char *text)
{
	assert_int_equal(status_of(a), 0);
	assert_string_equal(a->reply.text, text);
	assert_int_equal(a->reply.len, strlen(text));
	console_reply_free(&a->reply);
}

static void
failed(struct ask *a, int status)
{
	assert_int_equal(status_of(a), status);
	assert_null(a->reply.text);
}

static struct console *
open_pmd(void)
{
	char *argv[] = { (char *)lab_program("fake_testpmd"), NULL };
	struct console_end end = { .line = "quit", .grace = 20 };
	struct console *c = open_on(argv, true, &end);
	struct ask first;

	expect(c, &first, PROMPT, SECONDS);
	answered(&first, "");
	return c;
}

static void
ask(struct console *c, const char *line, const char *text)
{
	struct ask a;

	command(c, &a, line, SECONDS);
	answered(&a, text);
}

static void
drop(struct console *c)
{
	lab_close();
	res_drop(console_res(c));
}

static void
await_end(struct console *c)
{
	struct wait *w = drive_new();

	console_await_end(c, SECONDS, w);
	assert_int_equal(drive_wait(w), 0);
	assert_true(console_is_over(c));
}

/* ---- what is answered ---- */

static void
commands_get_replies(void **state)
{
	struct console *c = open_pmd();

	(void)state;
	ask(c, "echo one", "echo one\none");
	ask(c, "", "");
	ask(c, "echo", "echo\n");
	ask(c, "nonsense", "nonsense\nCommand not found");
	ask(c, "colour", "colour\nred text");
	drop(c);
}

static void
queued_commands_are_sent_in_turn(void **state)
{
	struct console *c = open_pmd();
	struct ask a[5];
	char line[32], want[64];

	(void)state;
	for (int i = 0; i < 5; i++) {
		snprintf(line, sizeof(line), "echo %d", i);
		command(c, &a[i], line, SECONDS);
	}
	/* the last can only be answered after the others */
	for (int i = 4; i >= 0; i--) {
		snprintf(want, sizeof(want), "echo %d\n%d", i, i);
		answered(&a[i], want);
	}
	drop(c);
}

static void
an_expectation_waits_for_its_turn(void **state)
{
	struct console *c = open_pmd();
	struct ask first, second, third;

	(void)state;
	/* it looks behind the answer that it queues behind, not into it */
	command(c, &first, "echo word", SECONDS);
	expect(c, &second, "word\ntestpmd> ", SECONDS);
	command(c, &third, "echo x", SECONDS);
	answered(&first, "echo word\nword");
	assert_false(drive_ended(second.wait));
	assert_int_equal(console_type(c, "echo word\n", 10), 0);
	answered(&second, "echo word\n");
	answered(&third, "echo x\nx");
	drop(c);
}

static void
the_first_of_several_needles_matches(void **state)
{
	static const char *const needles[] = { "never", "two", "three" };
	struct console *c = open_sh("echo one; echo two; echo three", false);
	struct ask a;

	(void)state;
	a.wait = drive_new();
	assert_int_equal(console_expect(c, needles, 3, &last, SECONDS, a.wait, &a.reply), 0);
	assert_int_equal(status_of(&a), 0);
	assert_int_equal(a.reply.matched, 1);
	assert_string_equal(a.reply.text, "one\n");
	console_reply_free(&a.reply);
	/* the mark moved behind it */
	a.wait = drive_new();
	assert_int_equal(console_expect(c, needles, 3, &last, SECONDS, a.wait, &a.reply), 0);
	assert_int_equal(status_of(&a), 0);
	assert_int_equal(a.reply.matched, 2);
	assert_string_equal(a.reply.text, "\n");
	console_reply_free(&a.reply);
	drop(c);
}

static void
invalid_needles_are_refused(void **state)
{
	static const char *const empty[] = { "x", "" };
	static const struct console_prompt none = { .text = "" },
					   none_torn = { .text = "", .is_torn = true };
	struct console *c = open_sh("exec cat", false);
	struct console_reply r;
	struct wait *w = drive_new();

	(void)state;
	assert_int_equal(console_expect(c, empty, 2, &coming, 1, w, &r), -EINVAL);
	assert_int_equal(console_expect(c, empty, 0, &coming, 1, w, &r), -EINVAL);
	assert_int_equal(console_set_prompt(c, &none), -EINVAL);
	assert_int_equal(console_set_prompt(c, &none_torn), -EINVAL);
	assert_string_equal(console_prompt(c), PROMPT);
	assert_false(w->armed);
	free(w);
	drop(c);
}

static void
output_before_the_call_may_be_expected(void **state)
{
	struct console *c = open_sh("echo early; read line; echo $line", false);
	struct ask a;

	(void)state;
	while (console_mark(c) < 6)
		loop_turn(false);
	expect(c, &a, "early", SECONDS);
	assert_true(drive_ended(a.wait));
	answered(&a, "");
	console_type(c, "late\n", 5);
	expect(c, &a, "late", SECONDS);
	answered(&a, "\n");
	drop(c);
}

/* At the deadline the mark stays: what was seen can be looked for again. */
static void
the_mark_stays_at_a_deadline(void **state)
{
	struct console *c = open_sh("echo seen; exec cat", false);
	struct ask a;

	(void)state;
	while (console_mark(c) < 5)
		loop_turn(false);
	expect(c, &a, "unseen", 0.01);
	failed(&a, -ETIMEDOUT);
	assert_false(a.reply.unsent);
	expect(c, &a, "seen", SECONDS);
	answered(&a, "");
	drop(c);
}

/* ---- what comes next ---- */

static void
read_on(struct console *c, uint64_t end)
{
	while (console_mark(c) < end)
		loop_turn(false);
}

static void
what_an_act_printed_before_the_wait_comes_next(void **state)
{
	struct console *c = open_sh("echo up; read x; echo got $x; echo set; exec cat", false);
	struct ask a;

	(void)state;
	/* opened, and asked nothing yet */
	read_on(c, 3);
	expect_at(c, &a, &coming, "up", SECONDS);
	answered(&a, "");
	console_type(c, "1\n", 2);
	read_on(c, 13);
	expect_at(c, &a, &coming, "got", SECONDS);
	answered(&a, "");
	/* and behind what was found */
	expect_at(c, &a, &coming, "set", SECONDS);
	answered(&a, " 1\n");
	drop(c);
}

static void
what_was_printed_before_the_wait_is_not_next(void **state)
{
	struct console *c = open_sh("echo up; sleep 0.05; echo wake; exec cat", false);
	const char *wake = "wake";
	struct ask a;

	(void)state;
	expect_at(c, &a, &coming, "up", SECONDS);
	answered(&a, "");
	read_on(c, 8);
	expect_at(c, &a, &coming, wake, 0.05);
	failed(&a, -ETIMEDOUT);
	assert_true(console_had(c, &wake, 1, &a.reply));
	console_type(c, "wake again\n", 11);
	expect_at(c, &a, &coming, wake, SECONDS);
	answered(&a, "");
	/* asked for by name */
	expect_at(c, &a, &whole, wake, SECONDS);
	answered(&a, "up\n");
	drop(c);
}

static void
a_mark_is_a_place(void **state)
{
	struct console *c = open_sh("echo one; echo one two; exec cat", false);
	struct console_place mark = { .from = CONSOLE_AFTER, .after = 4 };
	const char *one = "one";
	struct console_reply r;
	struct ask a;

	(void)state;
	read_on(c, 12);
	expect_at(c, &a, &mark, one, SECONDS);
	answered(&a, "");
	expect_at(c, &a, &last, " two\n", SECONDS);
	answered(&a, "");
	mark.after = console_mark(c) + 1;
	assert_int_equal(console_expect(c, &one, 1, &mark, 1, NULL, &r), -ERANGE);
	drop(c);
}

static void
a_place_that_is_no_longer_in_memory_is_an_error(void **state)
{
	struct console *c =
		open_sh("echo one; head -c 300000 /dev/zero | tr '\\0' y; exec cat", false);
	struct ask a;

	(void)state;
	read_on(c, 300004);
	expect_at(c, &a, &whole, "one", SECONDS);
	assert_int_equal(status_of(&a), -EOVERFLOW);
	assert_true(a.reply.dropped > 4);
	drop(c);
}

static void
the_reply_of_a_command_may_hold_what_comes_next(void **state)
{
	struct console *c = open_pmd();
	struct ask a;

	(void)state;
	/* other threads print before or behind the prompt */
	ask(c, "echo word", "echo word\nword");
	expect_at(c, &a, &coming, "\nword", SECONDS);
	answered(&a, "echo word");
	drop(c);
}

/* ---- prompts ---- */

static void
a_prompt_is_set_once(void **state)
{
	static const struct console_prompt other = { .text = "> " };
	struct chan_spec spec = { .argv = (char *[]){ "cat", NULL } };
	struct console_end end = { 0 };
	struct console_reply r;
	struct chan *chan;
	struct console *c;
	struct ask a;

	(void)state;
	assert_int_equal(chan_spawn(&chan, &spec), 0);
	c = console_open(lab_scope(), "lab", chan, &end);
	res_hold(console_res(c));
	/* without one there is nothing to wait for */
	assert_null(console_prompt(c));
	assert_int_equal(console_command(c, "x", 1, NULL, &r), -EINVAL);
	assert_int_equal(console_await_prompt(c, 1, NULL, &r), -EINVAL);
	assert_int_equal(console_set_prompt(c, &other), 0);
	assert_string_equal(console_prompt(c), other.text);
	/* cat answers a command with the line itself */
	command(c, &a, "one> ", SECONDS);
	assert_int_equal(console_set_prompt(c, &prompt), -EBUSY);
	answered(&a, "one");
	assert_int_equal(console_set_prompt(c, &prompt), 0);
	assert_int_equal(console_type(c, "two" PROMPT, 3 + strlen(PROMPT)), 0);
	a.wait = drive_new();
	assert_int_equal(console_await_prompt(c, SECONDS, a.wait, &a.reply), 0);
	answered(&a, "\ntwo");
	drop(c);
}

/* ---- echoes, torn prompts ---- */

static const struct console_prompt cmdline = { .text = "testpmd> ",
					       .is_torn = true,
					       .has_echo = true };

/* A program that prints this when a line comes. */
static struct console *
open_cmdline(const char *reply)
{
	char *code = xsprintf("printf 'testpmd> '; read x; printf '%s'; read x", reply);
	struct console *c = open_sh(code, false);
	struct ask a;

	free(code);
	assert_int_equal(console_set_prompt(c, &cmdline), 0);
	a.wait = drive_new();
	assert_int_equal(console_await_prompt(c, SECONDS, a.wait, &a.reply), 0);
	answered(&a, "");
	return c;
}

static void
a_reply_has_no_echo(void **state)
{
	static const struct {
		const char *printed, *reply;
	} replies[] = {
		{ "stop\\ntestpmd> ", "" },
		{ "stop\\n\\ntestpmd> ", "\n" },
		{ "stop\\none\\ntwo\\ntestpmd> ", "one\ntwo\n" },
		{ "stop\\nstop\\ntestpmd> ", "stop\n" },
		/* another thread's lines, before the echo, in it, in the reply and in the prompt */
		{ "EAL: x\\nstop\\ntestpmd> ", "EAL: x\n" },
		{ "stEAL: x\\nop\\ntestpmd> ", "EAL: x\n" },
		{ "sEAL: x\\ntEAL: y\\nop\\none\\ntestpmEAL: z\\nd>\\n ",
		  "EAL: x\nEAL: y\none\nEAL: z\n\n" },
		{ "stop\\none\\nte\\nstpmd> ", "one\n\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		struct console *c = open_cmdline(replies[i].printed);

		ask(c, "stop", replies[i].reply);
		drop(c);
	}
}

static void
an_echo_does_not_come_next(void **state)
{
	struct console *c = open_cmdline("sEAL: a line\\ntop\\none\\ntestpmd> ");
	struct ask a;

	(void)state;
	ask(c, "stop", "EAL: a line\none\n");
	expect_at(c, &a, &coming, "top", 0.01);
	failed(&a, -ETIMEDOUT);
	expect_at(c, &a, &coming, "one", SECONDS);
	answered(&a, "");
	drop(c);
}

static void
a_line_that_did_not_arrive_whole_is_an_error(void **state)
{
	static const char *const echoes[] = {
		"sto\\ntestpmd> ",  "top\\ntestpmd> ", "stopp\\ntestpmd> ",      "tsop\\ntestpmd> ",
		"STOP\\ntestpmd> ", "\\ntestpmd> ",    "sp\\nstop \\ntestpmd> ",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(echoes) / sizeof(echoes[0]); i++) {
		struct console *c = open_cmdline(echoes[i]);
		struct ask a;

		command(c, &a, "stop", SECONDS);
		assert_int_equal(status_of(&a), -EBADMSG);
		assert_non_null(a.reply.text);
		console_reply_free(&a.reply);
		drop(c);
	}
}

/* What one awaits in vain is not half found already by the next. */
static void
a_prompt_may_be_awaited_again(void **state)
{
	struct console *c = open_sh("printf '\\ntest'; read x; printf 'pmd> '; read x", false);
	struct ask a;

	(void)state;
	a.wait = drive_new();
	assert_int_equal(console_await_prompt(c, 0.2, a.wait, &a.reply), 0);
	failed(&a, -ETIMEDOUT);
	command(c, &a, "", 0.2);
	failed(&a, -ETIMEDOUT);
	drop(c);
}

static void
the_first_prompt_may_be_the_first_output(void **state)
{
	struct console *c =
		open_sh("printf 'testpmd> '; read x; printf 'testpmd> '; read x", false);
	struct ask a;

	(void)state;
	a.wait = drive_new();
	assert_int_equal(console_await_prompt(c, SECONDS, a.wait, &a.reply), 0);
	answered(&a, "");
	command(c, &a, "x", 0.2);
	failed(&a, -ETIMEDOUT);
	drop(c);
}

static void
a_prompt_may_be_split_over_reads(void **state)
{
	struct console *c = open_pmd();

	(void)state;
	ask(c, "cut", "cut");
	ask(c, "echo next", "echo next\nnext");
	drop(c);
}

static void
a_prompt_inside_a_line_is_no_prompt(void **state)
{
	struct console *c = open_pmd();

	(void)state;
	ask(c, "inline", "inline\nthis is no testpmd> prompt\nand this testpmd> neither");
	ask(c, "echo a testpmd> b", "echo a testpmd> b\na testpmd> b");
	drop(c);
}

static void
log_lines_behind_the_prompt_are_no_reply(void **state)
{
	struct console *c = open_pmd();
	struct ask a;

	(void)state;
	ask(c, "log", "log");
	expect(c, &a, "and another\n", SECONDS);
	answered(&a, "EAL: a line behind the prompt\nEAL: ");
	ask(c, "echo x", "echo x\nx");
	/* unread lines belong to no reply */
	ask(c, "log", "log");
	while (true) {
		char *tail = console_tail(c, 1);
		bool there = strcmp(tail, "EAL: and another") == 0;

		free(tail);
		if (there)
			break;
		loop_turn(false);
	}
	ask(c, "echo y", "echo y\ny");
	drop(c);
}

/* ---- deadlines ---- */

static void
a_late_reply_is_not_the_next_ones(void **state)
{
	struct console *c = open_pmd();
	struct ask late, unsent, next, other;
	char *line = xsprintf("await %s", lab_path("go"));

	(void)state;
	command(c, &late, line, 0.05);
	failed(&late, -ETIMEDOUT);
	assert_false(late.reply.unsent);
	/* one that gave up before its turn was never sent */
	command(c, &unsent, "echo unsent", 0.05);
	command(c, &next, "echo next", SECONDS);
	failed(&unsent, -ETIMEDOUT);
	assert_true(unsent.reply.unsent);
	assert_false(drive_ended(next.wait));
	lab_write(lab_path("go"), "");
	command(c, &other, "echo other", SECONDS);
	answered(&next, "echo next\nnext");
	answered(&other, "echo other\nother");
	free(line);
	drop(c);
}

static void
a_cancelled_command_stays_in_flight(void **state)
{
	struct console *c = open_pmd();
	struct ask gone, next;
	char *line = xsprintf("await %s", lab_path("go"));

	(void)state;
	command(c, &gone, line, SECONDS);
	command(c, &next, "echo next", SECONDS);
	wait_cancel(gone.wait, -ECANCELED);
	assert_int_equal(drive_wait(gone.wait), -ECANCELED);
	drive_turns(3);
	assert_false(drive_ended(next.wait));
	lab_write(lab_path("go"), "");
	answered(&next, "echo next\nnext");
	free(line);
	drop(c);
}

static void
no_output_extends_a_deadline(void **state)
{
	struct console *c = open_sh("while :; do echo x; done", false);
	struct ask a;

	(void)state;
	expect(c, &a, "never", 0.2);
	failed(&a, -ETIMEDOUT);
	drop(c);
}

/* ---- ends ---- */

static void
an_exit_ends_all_waits(void **state)
{
	struct console *c = open_pmd();
	struct ask dies, queued, waits, after;
	struct wait *w = drive_new();

	(void)state;
	command(c, &dies, "die 7", SECONDS);
	command(c, &queued, "echo x", SECONDS);
	expect(c, &waits, "x", SECONDS);
	console_await_end(c, SECONDS, w);
	failed(&dies, -EPIPE);
	failed(&queued, -EPIPE);
	assert_true(queued.reply.unsent);
	failed(&waits, -EPIPE);
	assert_int_equal(drive_wait(w), 0);
	assert_true(console_is_over(c));
	assert_true(console_exit(c)->exited);
	assert_int_equal(console_exit(c)->code, 7);
	assert_int_equal(console_res(c)->state, RES_CLOSED);
	/* later calls fail at once */
	command(c, &after, "echo y", SECONDS);
	assert_true(drive_ended(after.wait));
	failed(&after, -EPIPE);
	expect(c, &after, "nothing of that kind", SECONDS);
	failed(&after, -EPIPE);
	assert_int_equal(console_type(c, "x", 1), -EPIPE);
	assert_int_equal(console_signal(c, SIGTERM), -ESRCH);
	console_eof(c);
	assert_true(console_pid(c) > 1);
	await_end(c);
	drop(c);
}

static void
an_end_by_a_signal_is_reported(void **state)
{
	struct console *c = open_pmd();
	struct ask a;

	(void)state;
	command(c, &a, "kill 9", SECONDS);
	failed(&a, -EPIPE);
	assert_false(console_exit(c)->exited);
	assert_int_equal(console_exit(c)->signal, SIGKILL);
	drop(c);
}

static void
the_last_output_is_readable_after_the_exit(void **state)
{
	struct console *c = open_pmd();
	struct ask a;
	char *tail;

	(void)state;
	command(c, &a, "last-words", SECONDS);
	failed(&a, -EPIPE);
	assert_int_equal(console_exit(c)->code, 3);
	tail = console_tail(c, 1);
	assert_string_equal(tail, "the last words");
	free(tail);
	/* they lie behind the mark of the command that never was answered */
	expect(c, &a, "the last words", SECONDS);
	answered(&a, "last-words\n");
	drop(c);
}

static void
a_soft_close_sends_the_quit_command(void **state)
{
	struct console *c = open_pmd();
	char *tail;

	(void)state;
	drop(c);
	c = open_pmd();
	res_close(console_res(c));
	await_end(c);
	assert_true(console_exit(c)->exited);
	assert_int_equal(console_exit(c)->code, 0);
	tail = console_tail(c, 1);
	assert_string_equal(tail, "Bye...");
	free(tail);
	drop(c);
}

static void
a_soft_close_sends_the_signal(void **state)
{
	char *argv[] = { "sh", "-c", "trap 'exit 6' TERM; echo up; while :; do sleep 0.01; done",
			 NULL };
	struct console_end end = { .signal = SIGTERM, .grace = SECONDS };
	struct console *c = open_on(argv, false, &end);
	struct ask a;

	(void)state;
	expect(c, &a, "up\n", SECONDS);
	answered(&a, "");
	res_close(console_res(c));
	await_end(c);
	assert_int_equal(console_exit(c)->code, 6);
	drop(c);
}

static void
a_program_that_does_not_quit_is_killed(void **state)
{
	char *argv[] = { (char *)lab_program("fake_testpmd"), NULL };
	struct console_end end = { .line = "quit", .grace = 0.05 };
	struct console *c = open_on(argv, true, &end);
	struct ask a;

	(void)state;
	expect(c, &a, PROMPT, SECONDS);
	answered(&a, "");
	ask(c, "stubborn", "stubborn");
	res_close(console_res(c));
	res_close(console_res(c));
	await_end(c);
	assert_int_equal(console_exit(c)->signal, SIGKILL);
	drop(c);
}

static void
a_hard_close_kills(void **state)
{
	struct console *c = open_pmd();

	(void)state;
	res_harden(console_res(c));
	await_end(c);
	assert_int_equal(console_exit(c)->signal, SIGKILL);
	drop(c);
}

/* ---- much ---- */

static void
a_reply_of_a_hundred_megabytes_is_an_error(void **state)
{
	struct console *c = open_pmd();
	struct rusage before, after;
	struct ask a;

	(void)state;
	getrusage(RUSAGE_SELF, &before);
	command(c, &a, "chatter 104857600", 200);
	assert_int_equal(status_of(&a), -EOVERFLOW);
	getrusage(RUSAGE_SELF, &after);
	assert_true(a.reply.dropped > 0);
	/* the echo, and the output without its last newline */
	assert_true(a.reply.len <= (3u << 20));
	assert_int_equal(a.reply.dropped + a.reply.len,
			 strlen("chatter 104857600\n") + 104857600 - 1);
#ifndef __SANITIZE_ADDRESS__
	assert_true(after.ru_maxrss - before.ru_maxrss < 32 << 10);
#endif
	console_reply_free(&a.reply);
	ask(c, "echo still here", "echo still here\nstill here");
	drop(c);
}

static void
chatter_without_a_waiter_has_a_limit(void **state)
{
	struct console *c = open_sh("head -c 20000000 /dev/zero | tr '\\0' y", false);
	size_t len;
	char *since;

	(void)state;
	await_end(c);
	assert_int_equal(console_mark(c), 20000000);
	since = console_since(c, 0, &len);
	assert_true(len > 0 && len < (1u << 20));
	assert_int_equal(since[0], 'y');
	assert_int_equal(since[len], 0);
	free(since);
	drop(c);
}

/* The window begins in the middle of a line, with what looks like a prompt. */
static void
a_trimmed_window_begins_inside_a_line(void **state)
{
	struct console *c =
		open_sh("printf '%065537d' 0; printf 'testpmd> '; printf '%065527d' 0", false);
	struct ask a;
	size_t len;

	(void)state;
	await_end(c);
	/* one byte more than the idle window holds: its last half stays */
	free(console_since(c, 0, &len));
	assert_int_equal(len, 65536);
	a.wait = drive_new();
	assert_int_equal(console_await_prompt(c, SECONDS, a.wait, &a.reply), 0);
	failed(&a, -EPIPE);
	drop(c);
}

static void
tails_and_positions_are_of_the_window(void **state)
{
	struct console *c = open_sh("printf 'one\\ntwo\\nthree\\n\\n'; read x; printf four", false);
	uint64_t at;
	size_t len;
	char *text;

	(void)state;
	text = console_tail(c, 5);
	assert_string_equal(text, "");
	free(text);
	while (console_mark(c) < 15)
		loop_turn(false);
	text = console_tail(c, 1);
	assert_string_equal(text, "three");
	free(text);
	text = console_tail(c, 2);
	assert_string_equal(text, "two\nthree");
	free(text);
	text = console_tail(c, 100);
	assert_string_equal(text, "one\ntwo\nthree");
	free(text);
	at = console_mark(c);
	text = console_since(c, at, &len);
	assert_int_equal(len, 0);
	free(text);
	console_type(c, "\n", 1);
	await_end(c);
	text = console_since(c, at, &len);
	assert_string_equal(text, "four");
	free(text);
	text = console_since(c, at + 100, &len);
	assert_int_equal(len, 0);
	free(text);
	drop(c);
}

static void
the_time_of_the_last_output_is_known(void **state)
{
	struct console *c = open_sh("read x; echo one; read x; echo two", false);
	double before = loop_now(), first;
	struct ask a;

	(void)state;
	assert_true(console_last_output(c) == 0);
	console_type(c, "\n", 1);
	expect(c, &a, "one\n", SECONDS);
	answered(&a, "");
	first = console_last_output(c);
	assert_true(first >= before && first <= loop_now());
	/* typing and reading are no output */
	expect(c, &a, "two", 0.05);
	failed(&a, -ETIMEDOUT);
	assert_true(console_last_output(c) == first);
	console_type(c, "\n", 1);
	await_end(c);
	assert_true(console_last_output(c) > first && console_last_output(c) <= loop_now());
	drop(c);
}

/* ---- sockets ---- */

static void
a_socket_can_be_a_console(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), peer;
	struct console_end end = { 0 };
	struct chan *chan = NULL;
	struct console *c;
	struct ask a;

	(void)state;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", lab_path("sock"));
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(chan_unix(&chan, addr.sun_path), 0);
	c = console_open(lab_scope(), "serial", chan, &end);
	res_hold(console_res(c));
	peer = accept(fd, NULL, NULL);
	assert_int_equal(write(peer, "login: ", 7), 7);
	expect(c, &a, "login: ", SECONDS);
	answered(&a, "");
	expect(c, &a, "never", SECONDS);
	/* a socket has no quit command: closing is hanging up */
	lab_close();
	failed(&a, -EPIPE);
	assert_true(console_exit(c)->lost);
	assert_int_equal(read(peer, &addr, 1), 0);
	close(peer);
	close(fd);
	res_drop(console_res(c));
}

/* The 30th byte of the one and the 24th of the other are the first of two. */
static void
a_name_is_cut_between_characters(void **state)
{
	struct scope *s = scope_new(lab_scope(), "aaaaaaaaaaaaaaaaaaaaaaa\303\244");
	struct chan_spec spec = { .argv = (char *[]){ "cat", NULL } };
	struct console_end end = { 0 };
	struct chan *chan = NULL;
	struct console *c;

	(void)state;
	assert_int_equal(chan_spawn(&chan, &spec), 0);
	c = console_open(s, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\303\244", chan, &end);
	assert_string_equal(console_res(c)->name,
			    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa@aaaaaaaaaaaaaaaaaaaaaaa");
	res_hold(console_res(c));
	drop(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_get_replies),
		cmocka_unit_test(queued_commands_are_sent_in_turn),
		cmocka_unit_test(an_expectation_waits_for_its_turn),
		cmocka_unit_test(the_first_of_several_needles_matches),
		cmocka_unit_test(invalid_needles_are_refused),
		cmocka_unit_test(output_before_the_call_may_be_expected),
		cmocka_unit_test(the_mark_stays_at_a_deadline),
		cmocka_unit_test(what_an_act_printed_before_the_wait_comes_next),
		cmocka_unit_test(what_was_printed_before_the_wait_is_not_next),
		cmocka_unit_test(a_mark_is_a_place),
		cmocka_unit_test(a_place_that_is_no_longer_in_memory_is_an_error),
		cmocka_unit_test(the_reply_of_a_command_may_hold_what_comes_next),
		cmocka_unit_test(a_prompt_is_set_once),
		cmocka_unit_test(a_reply_has_no_echo),
		cmocka_unit_test(an_echo_does_not_come_next),
		cmocka_unit_test(a_line_that_did_not_arrive_whole_is_an_error),
		cmocka_unit_test(a_prompt_may_be_awaited_again),
		cmocka_unit_test(the_first_prompt_may_be_the_first_output),
		cmocka_unit_test(a_prompt_may_be_split_over_reads),
		cmocka_unit_test(a_prompt_inside_a_line_is_no_prompt),
		cmocka_unit_test(log_lines_behind_the_prompt_are_no_reply),
		cmocka_unit_test(a_late_reply_is_not_the_next_ones),
		cmocka_unit_test(a_cancelled_command_stays_in_flight),
		cmocka_unit_test(no_output_extends_a_deadline),
		cmocka_unit_test(an_exit_ends_all_waits),
		cmocka_unit_test(an_end_by_a_signal_is_reported),
		cmocka_unit_test(the_last_output_is_readable_after_the_exit),
		cmocka_unit_test(a_soft_close_sends_the_quit_command),
		cmocka_unit_test(a_soft_close_sends_the_signal),
		cmocka_unit_test(a_program_that_does_not_quit_is_killed),
		cmocka_unit_test(a_hard_close_kills),
		cmocka_unit_test(a_reply_of_a_hundred_megabytes_is_an_error),
		cmocka_unit_test(chatter_without_a_waiter_has_a_limit),
		cmocka_unit_test(a_trimmed_window_begins_inside_a_line),
		cmocka_unit_test(tails_and_positions_are_of_the_window),
		cmocka_unit_test(the_time_of_the_last_output_is_known),
		cmocka_unit_test(a_socket_can_be_a_console),
		cmocka_unit_test(a_name_is_cut_between_characters),
	};

	return LAB_RUN("console", tests, NULL, NULL);
}
