/* test_run: commands that run until their exit, with their output captured. */
#include "units/lab.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "node/run.h"

#define SECONDS 60.0

static struct run *run;

static struct wait *
start(char *const *argv, const char *input, size_t len, double seconds)
{
	struct chan_spec spec = { .argv = argv };
	struct wait *w = drive_new();

	run = NULL;
	assert_int_equal(run_start(&run, lab_scope(), node_here(), &spec, input, len, seconds, w),
			 0);
	return w;
}

static struct wait *
start_sh(const char *code, const char *input, double seconds)
{
	char *argv[] = { "sh", "-c", (char *)code, NULL };

	return start(argv, input, input != NULL ? strlen(input) : 0, seconds);
}

static void
output_and_status_are_captured(void **state)
{
	(void)state;
	assert_int_equal(drive_wait(start_sh("echo out; echo err >&2; exit 9", NULL, SECONDS)), 0);
	assert_true(run->exit.exited);
	assert_int_equal(run->exit.code, 9);
	assert_string_equal(run->out.data, "out\n");
	assert_string_equal(run->err.data, "err\n");
	/* it owns nothing any more */
	assert_null(LIST_FIRST(&lab_scope()->open));
	res_drop(&run->res);
}

static void
no_output_is_an_empty_text(void **state)
{
	(void)state;
	assert_int_equal(drive_wait(start_sh(":", NULL, SECONDS)), 0);
	assert_int_equal(run->exit.code, 0);
	assert_string_equal(run->out.data, "");
	assert_string_equal(run->err.data, "");
	res_drop(&run->res);
}

static void
an_end_by_a_signal_is_reported(void **state)
{
	(void)state;
	assert_int_equal(drive_wait(start_sh("kill -ABRT $$", NULL, SECONDS)), 0);
	assert_false(run->exit.exited);
	assert_int_equal(run->exit.signal, SIGABRT);
	res_drop(&run->res);
}

static void
input_is_written_to_its_end(void **state)
{
	static const char bytes[] = "a\0b\r\n\377";
	char *cat[] = { "cat", NULL };

	(void)state;
	assert_int_equal(drive_wait(start_sh("cat; echo over", "one\ntwo\n", SECONDS)), 0);
	assert_string_equal(run->out.data, "one\ntwo\nover\n");
	res_drop(&run->res);
	assert_int_equal(drive_wait(start(cat, bytes, sizeof(bytes) - 1, SECONDS)), 0);
	assert_int_equal(run->out.len, sizeof(bytes) - 1);
	assert_memory_equal(run->out.data, bytes, sizeof(bytes) - 1);
	res_drop(&run->res);
	/* without input, there is none to wait for */
	assert_int_equal(drive_wait(start(cat, NULL, 0, SECONDS)), 0);
	assert_int_equal(run->exit.code, 0);
	res_drop(&run->res);
}

static void
unread_input_is_no_error(void **state)
{
	size_t len = 4u << 20;
	char *bytes = xcalloc(1, len), *argv[] = { "true", NULL };

	(void)state;
	assert_int_equal(drive_wait(start(argv, bytes, len, SECONDS)), 0);
	assert_int_equal(run->exit.code, 0);
	res_drop(&run->res);
	free(bytes);
}

static void
a_deadline_kills(void **state)
{
	char *code = xsprintf("trap '' TERM HUP; echo $$ >%s; echo printed; sleep 1000",
			      lab_path("pid")),
	     *text;

	(void)state;
	struct wait *w = start_sh(code, NULL, 3);

	assert_int_equal(drive_wait(w), -ETIMEDOUT);
	/* its output until then is there */
	assert_string_equal(run->out.data, "printed\n");
	res_drop(&run->res);
	lab_close();
	text = lab_read(lab_path("pid"));
	assert_non_null(text);
	assert_true(atoi(text) > 1);
	assert_true(lab_is_gone(atoi(text)));
	free(text);
	free(code);
}

static void
a_cancel_kills(void **state)
{
	struct wait *w = start_sh("sleep 1000", NULL, SECONDS);

	(void)state;
	wait_cancel(w, -ECANCELED);
	assert_int_equal(drive_wait(w), -ECANCELED);
	res_drop(&run->res);
	lab_close();
}

static void
a_scopes_close_kills(void **state)
{
	struct wait *w = start_sh("sleep 1000", NULL, SECONDS);

	(void)state;
	assert_string_equal(LIST_FIRST(&lab_scope()->open)->ops->kind, "command");
	lab_close();
	assert_int_equal(drive_wait(w), 0);
	assert_int_equal(run->exit.signal, SIGKILL);
	res_drop(&run->res);
}

static void
a_failed_start_is_an_error(void **state)
{
	char *argv[] = { "moonrig-no-such-program", NULL };
	struct chan_spec spec = { .argv = argv };
	struct wait *w = drive_new();

	(void)state;
	assert_int_equal(run_start(&run, lab_scope(), node_here(), &spec, NULL, 0, 1, w), -ENOENT);
	assert_false(w->armed);
	free(w);
}

/* The last part stays, and that something went is an error. */
static void
too_much_output_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(
		drive_wait(start_sh("head -c 60000000 /dev/zero | tr '\\0' x; echo the end", NULL,
				    SECONDS)),
		-EOVERFLOW);
	assert_int_equal(run->out.len, 16u << 20);
	assert_int_equal(run->dropped, 60000000 + 8 - (16u << 20));
	assert_string_equal(run->out.data + run->out.len - 8, "the end\n");
	res_drop(&run->res);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_and_status_are_captured),
		cmocka_unit_test(no_output_is_an_empty_text),
		cmocka_unit_test(an_end_by_a_signal_is_reported),
		cmocka_unit_test(input_is_written_to_its_end),
		cmocka_unit_test(unread_input_is_no_error),
		cmocka_unit_test(a_deadline_kills),
		cmocka_unit_test(a_cancel_kills),
		cmocka_unit_test(a_scopes_close_kills),
		cmocka_unit_test(a_failed_start_is_an_error),
		cmocka_unit_test(too_much_output_is_an_error),
	};

	return LAB_RUN("run", tests, NULL, NULL);
}
