/* test_torn: a text that other threads' lines tear at any place, in a stream that comes in any
 * pieces. */
#include "units/lab.h"

#include "console/torn.h"

#define PROMPT "testpmd> "
#define LOG    "VHOST_CONFIG: (/tmp/sock0) read message VHOST_USER_SET_VRING_NUM\n"

/* The text with a line behind each byte of which `tears` has the bit, and more behind it. */
static char *
torn_text(const char *text, uint64_t tears, const char *line)
{
	struct buf out = { 0 };

	buf_printf(&out, "EAL: Detected CPU lcores: 2\nDone\n");
	for (size_t i = 0; text[i] != '\0'; i++)
		buf_printf(&out, "%c%s", text[i], (tears >> i) & 1 ? line : "");
	return out.data;
}

/* Where the text ends in a stream fed in pieces of `piece` bytes; 0: not found. */
static size_t
feed(struct torn *t, bool at_line, const char *stream, size_t piece)
{
	size_t len = strlen(stream), used, from = 0;

	torn_restart(t, at_line);
	while (from < len) {
		size_t n = len - from < piece ? len - from : piece;

		if (torn_feed(t, stream + from, n, &used))
			return from + used;
		assert_int_equal(used, n);
		from += n;
	}
	return 0;
}

/* The parts are the text. */
static void
check_parts(const struct torn *t, const char *stream, const char *text)
{
	const struct torn_part *parts;
	size_t n = torn_parts(t, &parts), len = 0;

	for (size_t i = 0; i < n; i++) {
		assert_memory_equal(stream + parts[i].at, text + len, parts[i].len);
		len += parts[i].len;
	}
	assert_int_equal(len, strlen(text));
}

static void
a_prompt_is_found_however_it_is_torn(void **state)
{
	static const char *const lines[] = { LOG, "\n", "\nPort 0: link state change event\n" LOG,
					     "EAL: t\nEAL: e\n" };
	struct torn *t = torn_new(PROMPT);

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		for (unsigned tears = 0; tears < 1u << (strlen(PROMPT) - 1); tears++) {
			char *text = torn_text(PROMPT, tears, lines[i]);

			for (size_t piece = 1; piece < 100; piece += 33) {
				assert_int_equal(feed(t, true, text, piece), strlen(text));
				check_parts(t, text, PROMPT);
			}
			free(text);
		}
	torn_free(t);
}

/* The same, where the other thread's line begins as the text continues. */
static void
a_line_that_looks_like_the_text_hides_nothing(void **state)
{
	struct torn *t = torn_new(PROMPT);

	(void)state;
	for (unsigned tears = 1; tears < 1u << (strlen(PROMPT) - 1); tears++) {
		char *text = torn_text(PROMPT, tears, "testpm is no prompt\n");

		assert_int_equal(feed(t, true, text, 7), strlen(text));
		free(text);
	}
	torn_free(t);
}

/* ../shared/cases/17-torn-prompt: a real console's. */
static void
a_real_one_is_found(void **state)
{
	static const char stream[] = "VHOST_CONFIG: (/tmp/n0) vring kick idx:10 file:49\nDone\n"
				     "tVHOST_CONFIG: (/tmp/n0) read message\n"
				     "eVHOST_CONFIG: (/tmp/n0) vring base idx:12\n"
				     "sVHOST_CONFIG: (/tmp/n0) read message\n"
				     "tVHOST_CONFIG: (/tmp/n0) read message\n"
				     "pmdVHOST_CONFIG: (/tmp/n0) vring kick idx:12\n"
				     ">VHOST_CONFIG: (/tmp/n0) read message\n"
				     " VHOST_CONFIG: (/tmp/n0) read message\n";
	struct torn *t = torn_new(PROMPT);
	const struct torn_part *parts;

	(void)state;
	assert_int_equal(feed(t, true, stream, 11), strstr(stream, "\n VHOST") + 2 - stream);
	check_parts(t, stream, PROMPT);
	assert_int_equal(torn_parts(t, &parts), 7);
	torn_free(t);
}

static void
what_is_no_prompt_is_not_found(void **state)
{
	static const char *const streams[] = {
		"testpmd>",
		"a testpmd> \n",
		"estpmd> \ntestpmd",
		"te\nEAL: x\n stpmd> \n",
		/* the parts in another order */
		"stpmd> \nte\n",
	};
	struct torn *t = torn_new(PROMPT);

	(void)state;
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++)
		assert_int_equal(feed(t, true, streams[i], 5), 0);
	/* in the middle of a line */
	assert_int_equal(feed(t, false, PROMPT, 5), 0);
	assert_int_equal(feed(t, false, "x\n" PROMPT, 5), strlen(PROMPT) + 2);
	torn_free(t);
}

static void
a_restart_forgets_parts(void **state)
{
	struct torn *t = torn_new(PROMPT);

	(void)state;
	assert_int_equal(feed(t, true, "te\n", 3), 0);
	assert_int_equal(feed(t, true, "stpmd> ", 3), 0);
	/* and so does a match */
	assert_int_equal(feed(t, true, "te\nstpmd> ", 3), 10);
	assert_int_equal(feed(t, true, "\nstpmd> ", 3), 0);
	torn_free(t);
}

static void
texts_have_limits(void **state)
{
	char longest[TORN_MAX + 2];
	struct torn *t;
	char *text;

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[TORN_MAX + 1] = '\0';
	assert_null(torn_new(""));
	assert_null(torn_new(longest));
	longest[TORN_MAX] = '\0';
	t = torn_new(longest);
	assert_int_equal(feed(t, true, longest, 1000), TORN_MAX);
	torn_free(t);
	/* in 32 parts, and in 33 */
	longest[40] = '\0';
	t = torn_new(longest);
	text = torn_text(longest, 0x7fffffff, LOG);
	assert_int_equal(feed(t, true, text, 1000), strlen(text));
	free(text);
	text = torn_text(longest, 0xffffffff, LOG);
	assert_int_equal(feed(t, true, text, 1000), 0);
	free(text);
	torn_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_prompt_is_found_however_it_is_torn),
		cmocka_unit_test(a_line_that_looks_like_the_text_hides_nothing),
		cmocka_unit_test(a_real_one_is_found),
		cmocka_unit_test(what_is_no_prompt_is_not_found),
		cmocka_unit_test(a_restart_forgets_parts),
		cmocka_unit_test(texts_have_limits),
	};

	return LAB_RUN("torn", tests, NULL, NULL);
}
