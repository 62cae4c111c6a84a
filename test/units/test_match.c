/* test_match: literal strings in a stream that comes in any pieces. */
#include "units/lab.h"

#include "console/match.h"
#include "units/steps.h"

/* Where the first needle ends, by looking everywhere; the first of those that end there. */
static int
look_everywhere(const char *const *needles, size_t n, bool at_line, const char *text, size_t len,
		size_t *used)
{
	for (size_t end = 1; end <= len; end++)
		for (size_t k = 0; k < n; k++) {
			size_t m = strlen(needles[k]);

			if (m <= end && memcmp(text + end - m, needles[k], m) == 0)
				return *used = end, (int)k;
			if (at_line && m > 1 && needles[k][0] == '\n' && m - 1 == end &&
			    memcmp(text, needles[k] + 1, m - 1) == 0)
				return *used = end, (int)k;
		}
	*used = len;
	return -1;
}

/* Feed in pieces that end at `a` and `b`. */
static int
feed_split(const char *const *needles, size_t n, bool at_line, const char *text, size_t len,
	   size_t a, size_t b, size_t *used)
{
	struct match *m = match_new(needles, n);
	size_t ends[] = { a, b, len }, from = 0, part = 0;
	int k = -1;

	assert_non_null(m);
	match_restart(m, at_line);
	for (size_t i = 0; i < 3 && k < 0; i++) {
		if (ends[i] < from)
			continue;
		k = match_feed(m, text + from, ends[i] - from, &part);
		assert_true(part <= ends[i] - from);
		from += part;
	}
	match_free(m);
	*used = from;
	return k;
}

static void
check_all_splits(const char *const *needles, size_t n, bool at_line, const char *text)
{
	size_t len = strlen(text), want_used, used;
	int want = look_everywhere(needles, n, at_line, text, len, &want_used);

	for (size_t a = 0; a <= len; a++)
		for (size_t b = a; b <= len; b++) {
			assert_int_equal(feed_split(needles, n, at_line, text, len, a, b, &used),
					 want);
			assert_int_equal(used, want_used);
		}
}

static void
needles_match_at_each_boundary(void **state)
{
	static const char *const prompts[] = { "\ntestpmd> ", "\nexample> ", "login:" };
	static const char *const overlapping[] = { "abab", "babb", "bab", "aaab" };
	static const char *const nested[] = { "abcde", "bcd" };
	static const char *const same[] = { "xy", "xy" };

	(void)state;
	check_all_splits(prompts, 3, false, "noise\r\nEAL: x\ntestpmd> \nexample> ");
	check_all_splits(prompts, 3, false, "a testpmd> \n testpmd> \n\ntestpmd> ");
	check_all_splits(prompts, 3, false, "Debian login: ");
	check_all_splits(overlapping, 4, false, "aaababb");
	check_all_splits(overlapping, 4, false, "aabaabaaab");
	check_all_splits(nested, 2, false, "abcde");
	check_all_splits(same, 2, false, "wxy");
	check_all_splits(prompts, 3, false, "");
}

static void
a_needle_may_contain_its_beginning(void **state)
{
	static const char *const twice[] = { "\n\ntestpmd> " };
	static const char *const aab[] = { "aabaaab" };

	(void)state;
	check_all_splits(twice, 1, false, "\n\n\ntestpmd> ");
	check_all_splits(aab, 1, false, "aabaabaaab");
}

static void
a_stream_begins_with_a_line(void **state)
{
	static const char *const prompt[] = { "\ntestpmd> " };
	static const char *const newline[] = { "\n" };

	(void)state;
	check_all_splits(prompt, 1, true, "testpmd> ");
	check_all_splits(prompt, 1, false, "testpmd> ");
	check_all_splits(prompt, 1, true, "\ntestpmd> ");
	check_all_splits(prompt, 1, true, "testtestpmd> \ntestpmd> ");
	check_all_splits(prompt, 1, true, " testpmd> ");
	/* a newline alone is a byte like another */
	check_all_splits(newline, 1, true, "abc\n");
}

static void
a_restart_forgets_all(void **state)
{
	static const char *const prompt[] = { "\ntestpmd> " };
	struct match *m = match_new(prompt, 1);
	size_t used;

	(void)state;
	match_restart(m, true);
	assert_int_equal(match_feed(m, "testpmd> ", 9, &used), 0);
	match_restart(m, true);
	assert_int_equal(match_feed(m, "testp", 5, &used), -1);
	match_restart(m, false);
	assert_int_equal(match_feed(m, "md> ", 4, &used), -1);
	/* nor is it at a line's beginning any more */
	match_restart(m, false);
	assert_int_equal(match_feed(m, "testpmd> ", 9, &used), -1);
	assert_int_equal(match_feed(m, "\ntestpmd> ", 10, &used), 0);
	match_free(m);
}

/* Behind a needle's last byte there is none: not even NUL may go on from there. */
static void
a_match_starts_the_search_anew(void **state)
{
	static const char *const words[] = { "abab", "bab" };
	static const char text[] = "abab\0bab\0\0aabab";
	struct match *m = match_new(words, 2);
	size_t used;

	(void)state;
	assert_int_equal(match_feed(m, text, 15, &used), 0);
	assert_int_equal(used, 4);
	assert_int_equal(match_feed(m, text + 4, 11, &used), 1);
	assert_int_equal(used, 4);
	assert_int_equal(match_feed(m, text + 8, 7, &used), 0);
	assert_int_equal(used, 7);
	match_free(m);
}

static unsigned int
next_random(unsigned int *seed)
{
	return *seed = *seed * 1103515245u + 12345u, *seed >> 16;
}

static void
random_texts_match_as_strstr_has_it(void **state)
{
	unsigned int seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char text[41] = "", words[4][8] = { "" };
		const char *needles[4];
		size_t n = 1 + next_random(&seed) % 4, len = next_random(&seed) % 40, used,
		       want_used, a, b;
		bool at_line = next_random(&seed) % 2;
		int want;

		for (size_t k = 0; k < n; k++) {
			size_t m = 1 + next_random(&seed) % 7;

			for (size_t i = 0; i < m; i++)
				words[k][i] = "ab\n"[next_random(&seed) % 3];
			needles[k] = words[k];
		}
		for (size_t i = 0; i < len; i++)
			text[i] = "ab\n"[next_random(&seed) % 3];
		want = look_everywhere(needles, n, at_line, text, len, &want_used);
		a = len > 0 ? next_random(&seed) % len : 0;
		b = a + next_random(&seed) % (len - a + 1);
		assert_int_equal(feed_split(needles, n, at_line, text, len, a, b, &used), want);
		assert_int_equal(used, want_used);
	}
}

/* A word of `n` equal bytes and another one, in a text of such bytes: each ends a partial match. */
static void
match_nearly(void *arg)
{
	size_t n = *(size_t *)arg, used;
	char *word = xcalloc(1, n + 2), *text = xcalloc(1, 2 * n + 1);
	const char *words[] = { word };
	struct match *m;

	memset(word, 'a', n);
	memset(text, 'a', 2 * n);
	word[n] = 'b';
	m = match_new(words, 1);
	match_feed(m, text, 2 * n, &used);
	match_free(m);
	free(word);
	free(text);
}

static void
partial_matches_are_linear_work(void **state)
{
	size_t one, two;

	(void)state;
	if (lab_is_under_memcheck())
		skip();
	one = steps_of(match_nearly, &(size_t){ 100 });
	two = steps_of(match_nearly, &(size_t){ 200 });
	if (one == 0)
		skip();
	/* of four times as many, were bytes looked at again */
	assert_in_range(two, one, one * 5 / 2);
}

static void
words_of_four_kilobytes_match_in_a_megabyte(void **state)
{
	size_t len = 1 << 20, used;
	char *text = xcalloc(1, len + 1), *words[16];
	struct match *m;

	(void)state;
	memset(text, 'a', len);
	for (int i = 0; i < 16; i++) {
		words[i] = xcalloc(1, 4002);
		memset(words[i], 'a', 4000);
		words[i][4000] = (char)('b' + i);
	}
	m = match_new((const char *const *)words, 16);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(match_feed(m, text + i, 1, &used), -1);
	assert_int_equal(match_feed(m, "q", 1, &used), 15);
	assert_int_equal(strlen(match_text(m, 15)), 4001);
	match_free(m);
	for (int i = 0; i < 16; i++)
		free(words[i]);
	free(text);
}

static void
misuse_is_refused(void **state)
{
	const char *many[17];

	(void)state;
	for (int i = 0; i < 17; i++)
		many[i] = "x";
	assert_null(match_new(many, 0));
	assert_null(match_new(many, 17));
	many[1] = "";
	assert_null(match_new(many, 2));
	match_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(needles_match_at_each_boundary),
		cmocka_unit_test(a_needle_may_contain_its_beginning),
		cmocka_unit_test(a_stream_begins_with_a_line),
		cmocka_unit_test(a_restart_forgets_all),
		cmocka_unit_test(a_match_starts_the_search_anew),
		cmocka_unit_test(random_texts_match_as_strstr_has_it),
		cmocka_unit_test(partial_matches_are_linear_work),
		cmocka_unit_test(words_of_four_kilobytes_match_in_a_megabyte),
		cmocka_unit_test(misuse_is_refused),
	};

	return LAB_RUN("match", tests, NULL, NULL);
}
