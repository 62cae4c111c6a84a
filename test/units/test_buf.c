/* test_buf: growing bytes, argument vectors, quoting for the shell. */
#include "units/lab.h"

#include <stdio.h>

static void
bytes_grow_and_drop(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_add_char(&b, (char)i);
	assert_int_equal(b.len, 100000);
	assert_int_equal(b.data[b.len], 0);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(b.data[i], (char)i);
	buf_drop(&b, 99999);
	assert_int_equal(b.len, 1);
	assert_int_equal(b.data[0], (char)99999);
	assert_int_equal(b.data[1], 0);
	buf_drop(&b, 1);
	buf_drop(&b, 0);
	assert_int_equal(b.len, 0);
	buf_printf(&b, "%s-%d", "x", 7);
	assert_string_equal(b.data, "x-7");
	buf_printf(&b, "%c%s", '\0', "y");
	assert_int_equal(b.len, 5);
	assert_memory_equal(b.data, "x-7\0y", 6);
	buf_free(&b);
	assert_null(b.data);
}

static void
an_empty_addition_makes_an_empty_string(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_drop(&b, 0);
	assert_null(b.data);
	buf_add(&b, "", 0);
	assert_string_equal(b.data, "");
	buf_free(&b);
	buf_free(&b);
}

static void
an_argv_ends_with_null(void **state)
{
	struct argv a = { 0 };

	(void)state;
	argv_add(&a, "one");
	argv_printf(&a, "%s=%d", "two", 2);
	argv_add(&a, "");
	assert_int_equal(a.n, 3);
	assert_string_equal(a.v[0], "one");
	assert_string_equal(a.v[1], "two=2");
	assert_string_equal(a.v[2], "");
	assert_null(a.v[3]);
	argv_free(&a);
	assert_int_equal(a.n, 0);
	argv_free(&a);
}

/* What /bin/sh makes of the quoted words: each with a byte 1 behind it. */
static void
round_trip(const char *const *words, size_t n)
{
	struct buf cmd = { 0 }, want = { 0 }, got = { 0 };
	char bytes[4096];
	size_t len;
	FILE *f;

	buf_printf(&cmd, "printf '%%s\\001'");
	for (size_t i = 0; i < n; i++) {
		buf_add_char(&cmd, ' ');
		buf_add_quoted(&cmd, words[i]);
		buf_printf(&want, "%s\001", words[i]);
	}
	f = popen(cmd.data, "re");
	assert_non_null(f);
	while ((len = fread(bytes, 1, sizeof(bytes), f)) > 0)
		buf_add(&got, bytes, len);
	assert_int_equal(pclose(f), 0);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.data, want.data, want.len);
	buf_free(&cmd);
	buf_free(&want);
	buf_free(&got);
}

static void
a_shell_reads_a_quoted_word_unchanged(void **state)
{
	static const char *const hostile[] = {
		"",          "plain",  "two words", "'",     "''",
		"'''",       "a'b'c",  "'a",        "a'",    "\\",
		"\\'",       "'\\''",  "\"",        "$HOME", "$(touch /tmp/never)",
		"`id`",      "${IFS}", "*",         "?",     "[a]",
		"~",         "~root",  "!!",        "!$",    "#",
		"a#b",       ";",      "; false",   "&",     "&&",
		"|",         "||",     "<",         ">",     "<(",
		"(",         ")",      "{a,b}",     "\n",    "a\nb",
		"\n\n",      "end\n",  "\t",        "\r",    " ",
		"  ",        "-n",     "-e",        "--",    "%s%n",
		"\\n",       "\\0",    "\033[31m",  "\177",  "\200\377",
		"h\303\251", "=",      "a=b",       "if",    "done",
	};
	char all[256];

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
		round_trip(&hostile[i], 1);
	round_trip(hostile, sizeof(hostile) / sizeof(hostile[0]));
	/* every byte there is, but the separator of this test */
	for (int i = 0; i < 255; i++)
		all[i] = (char)(i + 1);
	all[255] = '\0';
	all[0] = 'x';
	round_trip((const char *const[]){ all }, 1);
}

static void
a_long_word_is_quoted_completely(void **state)
{
	char *word = xcalloc(1, 30001);

	(void)state;
	for (int i = 0; i < 30000; i++)
		word[i] = i % 3 == 0 ? '\'' : i % 3 == 1 ? '\n' : 'x';
	round_trip((const char *const[]){ word }, 1);
	free(word);
}

static void
a_queue_is_emptied_in_pieces(void **state)
{
	struct queue q = { 0 };

	(void)state;
	queue_drop(&q, 0);
	assert_int_equal(queue_len(&q), 0);
	for (int i = 0; i < 100; i++)
		buf_printf(&q.bytes, "%02d", i);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(queue_len(&q), 200 - 2 * i);
		assert_int_equal(10 * (q.bytes.data[q.at] - '0') + q.bytes.data[q.at + 1] - '0', i);
		queue_drop(&q, 2);
	}
	assert_int_equal(queue_len(&q), 0);
	assert_int_equal(q.bytes.len, 0);
	buf_free(&q.bytes);
}

static void
a_text_is_cut_between_characters(void **state)
{
	/* of 1, 2, 3 and 4 bytes */
	static const char text[] = "a\303\244\342\202\254\360\237\214\231z";
	static const size_t cuts[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11, 11 };

	(void)state;
	for (size_t max = 0; max < sizeof(cuts) / sizeof(cuts[0]); max++)
		assert_int_equal(text_cut(text, max), cuts[max]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_queue_is_emptied_in_pieces),
		cmocka_unit_test(bytes_grow_and_drop),
		cmocka_unit_test(an_empty_addition_makes_an_empty_string),
		cmocka_unit_test(an_argv_ends_with_null),
		cmocka_unit_test(a_shell_reads_a_quoted_word_unchanged),
		cmocka_unit_test(a_long_word_is_quoted_completely),
		cmocka_unit_test(a_text_is_cut_between_characters),
	};

	return LAB_RUN("buf", tests, NULL, NULL);
}
