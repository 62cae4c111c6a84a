/* test_copy: a copy holds its sender while the receiver is slow. What it copies and refuses is in
 * test/specs/whole/copy_spec.lua. */
#include "units/lab.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/loop.h"
#include "node/copy.h"
#include "node/copy_argv.h"

#define SECONDS 60.0
/* of the file, more than a queue may have */
#define SIZE ((size_t)40 << 20)
/* the block that says so */
#define END 512

/* ---- a node whose one program takes nothing until it is told to ---- */

static struct {
	struct node node;
	struct chan chan;
	size_t queued, most, taken;
	bool has_eof, is_held;
	/* it sends, too: at its next start; a signal to it does nothing */
	struct chan sender;
	bool is_sender, is_deaf;
} slow;

static int
slow_write(struct chan *c, const char *bytes, size_t len)
{
	(void)c;
	(void)bytes;
	slow.queued += len;
	if (slow.queued > slow.most)
		slow.most = slow.queued;
	return 0;
}

static void
slow_eof(struct chan *c)
{
	(void)c;
	slow.has_eof = true;
}

static int
slow_signal(struct chan *c, int sig)
{
	(void)c;
	(void)sig;
	return slow.is_deaf ? 0 : -ESRCH;
}

static void
slow_hold(struct chan *c, bool on)
{
	(void)c;
	slow.is_held = on;
}

static size_t
slow_unsent(const struct chan *c)
{
	(void)c;
	return slow.queued;
}

static void
slow_destroy(struct chan *c)
{
	(void)c;
}

static const struct chan_ops slow_chan_ops = { .write = slow_write,
					       .eof = slow_eof,
					       .signal = slow_signal,
					       .hold = slow_hold,
					       .unsent = slow_unsent,
					       .destroy = slow_destroy };

static int
slow_spawn(struct node *n, struct chan **out, const struct chan_spec *spec)
{
	(void)n;
	(void)spec;
	*out = slow.is_sender ? &slow.sender : &slow.chan;
	(*out)->ops = &slow_chan_ops;
	slow.is_sender = false;
	return 0;
}

static int
slow_undo(struct node *n, char *const *argv)
{
	(void)n;
	(void)argv;
	return 1;
}

static void
slow_drop(struct node *n, int id)
{
	(void)n;
	(void)id;
}

static const struct node_ops slow_ops = { .spawn = slow_spawn,
					  .undo = slow_undo,
					  .drop = slow_drop };

static void
nothing(struct res *r)
{
	(void)r;
}

static const struct res_ops slow_res_ops = { .kind = "node", .hard = nothing, .destroy = nothing };

static struct copy *
start(struct wait *w)
{
	struct copy_place from = { node_here(), lab_path("file") }, to = { &slow.node, "/x" };
	struct copy *c;
	FILE *f = fopen(from.path, "w");

	assert_int_equal(ftruncate(fileno(f), SIZE), 0);
	fclose(f);
	memset(&slow, 0, sizeof(slow));
	slow.node.ops = &slow_ops;
	res_open(&slow.node.res, &slow_res_ops, NULL, "slow", 0);
	assert_int_equal(copy_start(&c, lab_scope(), &from, &to, SECONDS, w), 0);
	return c;
}

static bool
is_full(void *arg)
{
	(void)arg;
	return slow.queued > (size_t)4 << 20;
}

static void
take(size_t len)
{
	slow.taken += len;
	slow.queued -= len;
	slow.chan.room(slow.chan.owner);
}

static bool
takes_all(void)
{
	if (slow.queued > 0)
		take(slow.queued < 100000 ? slow.queued : 100000);
	return slow.has_eof && slow.queued == 0;
}

static void
a_sender_is_held_while_the_receiver_is_slow(void **state)
{
	struct wait *w = drive_new();
	struct copy *c = start(w);
	size_t queued;

	(void)state;
	drive_until(is_full, NULL);
	queued = slow.queued;
	/* its exit, and the second after it, take nothing away */
	drive_turns(2000);
	assert_int_equal(slow.queued, queued);
	/* it goes on once there is room, not at each byte */
	take(100);
	drive_turns(100);
	assert_int_equal(slow.queued, queued - 100);
	while (!takes_all())
		loop_turn(true);
	assert_int_equal(slow.taken, strlen("file 644\n") + SIZE + END);
	assert_true(slow.most < (size_t)5 << 20);
	chan_give(&slow.chan, CHAN_OUT, "/x", 2);
	slow.chan.exit = (struct chan_exit){ .exited = true };
	chan_end(&slow.chan);
	assert_int_equal(drive_wait(w), 0);
	assert_string_equal(copy_path(c), "/x");
	res_drop(copy_res(c));
}

static void
a_receiver_that_ends_early_ends_the_sender(void **state)
{
	struct wait *w = drive_new();
	struct copy *c = start(w);

	(void)state;
	drive_until(is_full, NULL);
	chan_give(&slow.chan, CHAN_ERR, "x: No space left on device\nmore\n", 31);
	slow.chan.exit = (struct chan_exit){ .exited = true, .code = 1 };
	chan_end(&slow.chan);
	assert_int_equal(drive_wait(w), -ENOSPC);
	assert_string_equal(copy_error(c), "No space left on device: slow:/x");
	res_drop(copy_res(c));
}

/* It read to the end, it thinks, before there was one. */
static void
a_receiver_that_is_done_too_early_is_an_error(void **state)
{
	struct wait *w = drive_new();
	struct copy *c = start(w);

	(void)state;
	drive_until(is_full, NULL);
	slow.chan.exit = (struct chan_exit){ .exited = true };
	chan_end(&slow.chan);
	assert_int_equal(drive_wait(w), -EIO);
	assert_string_equal(copy_error(c), "exit status 0: slow:/x");
	res_drop(copy_res(c));
}

static void
a_scopes_close_ends_it(void **state)
{
	struct wait *w = drive_new();
	struct copy *c = start(w);

	(void)state;
	drive_until(is_full, NULL);
	lab_close();
	assert_int_not_equal(drive_wait(w), 0);
	res_drop(copy_res(c));
}

/* Nobody else holds the copy then. */
static void
a_kill_that_ends_the_last_side_is_the_copys_last(void **state)
{
	struct copy_place from = { &slow.node, "/from" }, to = { &slow.node, "/to" };
	struct wait *w = drive_new();
	struct copy *c;

	(void)state;
	memset(&slow, 0, sizeof(slow));
	slow.node.ops = &slow_ops;
	slow.is_sender = slow.is_deaf = true;
	res_open(&slow.node.res, &slow_res_ops, NULL, "slow", 0);
	assert_int_equal(copy_start(&c, lab_scope(), &from, &to, SECONDS, w), 0);
	slow.chan.exit = (struct chan_exit){ .exited = true, .code = 1 };
	chan_end(&slow.chan);
	slow.is_deaf = false;
	res_drop(copy_res(c));
	res_harden(copy_res(c));
	assert_int_equal(drive_wait(w), -EIO);
}

/* ---- the receiver's command ---- */

/* Its exit status, for the first `len` bytes of a folder's archive and the last block, if it has
 * one. */
static int
receive(const char *archive, size_t len, const char *to, bool has_end)
{
	struct argv argv = { 0 }, undo = { 0 };
	char *end, block[END] = { 0 }, *input = xstrdup(lab_path("input")), bytes[1 << 16];
	FILE *in = fopen(archive, "r"), *out = fopen(input, "w");
	int status;

	assert_non_null(in);
	assert_non_null(out);
	copy_receiver_argv(to, "/from", &argv, &undo, &end);
	strncpy(block, end, sizeof(block) - 1);
	fputs("folder\n", out);
	assert_true(len <= sizeof(bytes) && fread(bytes, 1, len, in) == len);
	fwrite(bytes, 1, len, out);
	if (has_end)
		fwrite(block, 1, sizeof(block), out);
	fclose(in);
	fclose(out);
	if (fork() == 0) {
		if (freopen(input, "r", stdin) && freopen("/dev/null", "w", stdout) &&
		    freopen("/dev/null", "w", stderr))
			execvp(argv.v[0], argv.v);
		_exit(127);
	}
	assert_true(wait(&status) > 0);
	free(end);
	free(input);
	argv_free(&argv);
	argv_free(&undo);
	return WEXITSTATUS(status);
}

/* tar takes it for a whole one where it ends behind a member, and without the blocks of zeros. */
static void
an_archive_that_was_cut_makes_no_folder(void **state)
{
	char *archive = xstrdup(lab_path("archive")), *to = xstrdup(lab_path("to")),
	     *from = xstrdup(lab_path("from")),
	     *make = xsprintf("mkdir %s && echo a >%s/a && echo b >%s/b && tar -C %s -cf %s .",
			      from, from, from, from, archive);

	(void)state;
	assert_int_equal(system(make), 0);
	/* the folder's header, a file's header and bytes, and so on: 512 each */
	for (size_t len = 0; len <= 10240; len += 512) {
		assert_int_not_equal(receive(archive, len, to, false), 0);
		assert_int_equal(access(to, F_OK), -1);
	}
	assert_int_equal(receive(archive, 10240, to, true), 0);
	assert_int_equal(access(to, F_OK), 0);
	free(archive);
	free(to);
	free(from);
	free(make);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sender_is_held_while_the_receiver_is_slow),
		cmocka_unit_test(a_receiver_that_ends_early_ends_the_sender),
		cmocka_unit_test(a_receiver_that_is_done_too_early_is_an_error),
		cmocka_unit_test(a_scopes_close_ends_it),
		cmocka_unit_test(a_kill_that_ends_the_last_side_is_the_copys_last),
		cmocka_unit_test(an_archive_that_was_cut_makes_no_folder),
	};

	return LAB_RUN("copy", tests, NULL, NULL);
}
