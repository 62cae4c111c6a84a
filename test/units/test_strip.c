/* test_strip: escape sequences are removed from a stream that comes in any pieces. */
#include "units/lab.h"

#include "console/strip.h"

static void
check(const char *in, size_t len, const char *want, size_t want_len)
{
	for (size_t cut = 0; cut <= len; cut++) {
		struct strip s = { 0 };
		struct buf out = { 0 };

		buf_add(&out, "", 0);
		strip_feed(&s, in, cut, &out);
		strip_feed(&s, in + cut, len - cut, &out);
		assert_int_equal(out.len, want_len);
		assert_memory_equal(out.data, want, want_len);
		buf_free(&out);
	}
	struct strip s = { 0 };
	struct buf out = { 0 };

	buf_add(&out, "", 0);
	for (size_t i = 0; i < len; i++)
		strip_feed(&s, in + i, 1, &out);
	assert_int_equal(out.len, want_len);
	assert_memory_equal(out.data, want, want_len);
	buf_free(&out);
}

#define CHECK(in, want) check(in, sizeof(in) - 1, want, sizeof(want) - 1)

static void
text_stays(void **state)
{
	(void)state;
	CHECK("", "");
	CHECK("plain text\tand a tab\n", "plain text\tand a tab\n");
	CHECK("h\303\251llo \360\237\230\200\n", "h\303\251llo \360\237\230\200\n");
	CHECK("\200\377 not UTF-8", "\200\377 not UTF-8");
	CHECK("[31m is no sequence", "[31m is no sequence");
	CHECK("back\bspace", "back\bspace");
}

static void
sequences_are_removed(void **state)
{
	(void)state;
	CHECK("\033[1;31mred\033[0m", "red");
	CHECK("\033[2J\033[H\033[?25lx\033[?25h", "x");
	CHECK("\033[Kline", "line");
	CHECK("\033]0;title\007text", "text");
	CHECK("\033]0;title\033\\text", "text");
	CHECK("\033P1$r0m\033\\text", "text");
	CHECK("\033(Btext\033)0", "text");
	CHECK("\033#8x", "x");
	CHECK("\033=a\033>b\0337c\0338d", "abcd");
	CHECK("\033\033[31mx", "x");
	CHECK("te\033[0mst\033[0mpmd> ", "testpmd> ");
}

static void
nul_and_bel_are_removed(void **state)
{
	(void)state;
	CHECK("a\0b\0\0c\007d", "abcd");
	CHECK("\0", "");
}

static void
carriage_returns_before_a_newline_are_removed(void **state)
{
	(void)state;
	CHECK("a\r\nb", "a\nb");
	CHECK("show\r\r\nanswer\r\n", "show\nanswer\n");
	CHECK("50%\r100%\n", "50%\r100%\n");
	CHECK("a\r\033[31mb", "a\rb");
	CHECK("\r\n\r\n", "\n\n");
	/* the last one is held back: what comes next decides */
	CHECK("a\r", "a");
}

static void
a_lone_escape_removes_few_bytes(void **state)
{
	(void)state;
	CHECK("\033", "");
	CHECK("a\033\nb", "a\nb");
	/* with one more byte it is a sequence */
	CHECK("a\033zb", "ab");
	CHECK("\033[\ntext", "\ntext");
	CHECK("\033]\ntext", "\ntext");
	CHECK("\033(\ntext", "\ntext");
}

static void
is_kept_behind(const char *start, size_t start_len, char filler, size_t n)
{
	static const char later[] = "\nlater text\n";
	struct strip s = { 0 };
	struct buf in = { 0 }, out = { 0 };

	buf_add(&in, start, start_len);
	for (size_t i = 0; i < n; i++)
		buf_add_char(&in, filler);
	buf_add(&in, later, sizeof(later) - 1);
	strip_feed(&s, in.data, in.len, &out);
	assert_true(out.len >= sizeof(later) - 1);
	assert_memory_equal(out.data + out.len - (sizeof(later) - 1), later, sizeof(later) - 1);
	/* and without a newline, all but the first few hundred bytes are text */
	assert_true(out.len + 300 >= in.len);
	buf_free(&in);
	buf_free(&out);
}

static void
a_hostile_sequence_loses_no_later_text(void **state)
{
	(void)state;
	is_kept_behind("\033[", 2, '1', 100000);
	is_kept_behind("\033]", 2, 'x', 100000);
	is_kept_behind("\033P", 2, 'x', 100000);
	is_kept_behind("\033^", 2, '\r', 10);
	is_kept_behind("\033[", 2, '\377', 1000);
	is_kept_behind("\033]\033", 3, 'y', 1000);
}

static void
a_thousand_escapes_in_a_row_end(void **state)
{
	struct strip s = { 0 };
	struct buf out = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		strip_feed(&s, "\033", 1, &out);
	strip_feed(&s, "[0m\ntext", 8, &out);
	assert_true(out.len >= 5);
	assert_memory_equal(out.data + out.len - 5, "\ntext", 5);
	buf_free(&out);
}

/* Whole or byte by byte: each byte there is, at each place among text. */
static void
pieces_make_no_difference(void **state)
{
	char text[32];

	(void)state;
	for (int c = 0; c < 256; c++) {
		for (size_t at = 0; at < sizeof(text); at++) {
			struct strip whole = { 0 }, bytewise = { 0 };
			struct buf a = { 0 }, b = { 0 };

			memset(text, 'x' + (char)(at % 2) * 0x40, sizeof(text));
			text[at] = (char)c;
			strip_feed(&whole, text, sizeof(text), &a);
			for (size_t i = 0; i < sizeof(text); i++)
				strip_feed(&bytewise, text + i, 1, &b);
			assert_int_equal(a.len, b.len);
			assert_memory_equal(a.data, b.data, a.len);
			buf_free(&a);
			buf_free(&b);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_stays),
		cmocka_unit_test(sequences_are_removed),
		cmocka_unit_test(nul_and_bel_are_removed),
		cmocka_unit_test(carriage_returns_before_a_newline_are_removed),
		cmocka_unit_test(a_lone_escape_removes_few_bytes),
		cmocka_unit_test(a_hostile_sequence_loses_no_later_text),
		cmocka_unit_test(a_thousand_escapes_in_a_row_end),
		cmocka_unit_test(pieces_make_no_difference),
	};

	return LAB_RUN("strip", tests, NULL, NULL);
}
