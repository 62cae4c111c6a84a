/* test_search: lines of a file that hold a text, and those in front of them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "fs/search.h"
#include "units/lab.h"

static char *
file_of(const char *text)
{
	char *path = xsprintf("%s/searched", lab_home());
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path;
}

static void
add(void *arg, size_t which, const char *lines)
{
	buf_printf(arg, "%zu<%s>", which, lines);
}

/* What is found of the texts, in one text. */
static void
finds(const char *in, const char *a, const char *b, const char *expected)
{
	char *texts[] = { (char *)a, (char *)b }, *path = file_of(in);
	struct buf out = { 0 };

	buf_add(&out, "", 0);
	assert_int_equal(search_file(path, texts, b != NULL ? 2 : 1, add, &out), 0);
	assert_string_equal(out.data, expected);
	unlink(path);
	buf_free(&out);
	free(path);
}

static void
the_first_line_comes_with_those_before_it(void **state)
{
	(void)state;
	finds("1\r\n2\n3\n4\n5\n6\n7\n8\n9\n10 x\n11 x\n", "x", NULL,
	      "0<2\n3\n4\n5\n6\n7\n8\n9\n10 x\n>");
	finds("x", "x", NULL, "0<x\n>");
	finds("\n\na x b\n", "x", NULL, "0<\n\na x b\n>");
	finds("nothing\n", "x", NULL, "");
	finds("", "x", NULL, "");
}

static void
each_text_is_found_once_in_the_order_of_the_file(void **state)
{
	(void)state;
	finds("b\na\nb\na\n", "a", "b", "1<b\n>0<b\na\n>");
	finds("ab\n", "a", "b", "0<ab\n>1<ab\n>");
}

static void
an_asterisk_is_any_characters(void **state)
{
	(void)state;
	finds("read SET done\nread SET failed.\n", "read * failed.", NULL,
	      "0<read SET done\nread SET failed.\n>");
	finds("failed. read\n", "read*failed.", NULL, "");
	finds("abc\n", "a*b*c", "a*c*b", "0<abc\n>");
	finds("ab\n", "a*", "*b", "0<ab\n>1<ab\n>");
	finds("aa\n", "a*a*a", NULL, "");
}

static void
a_long_line_is_cut(void **state)
{
	char *line = xcalloc(1, 5000), *expected;

	(void)state;
	memset(line, 'y', 4000);
	strcpy(line + 4000, " x\n");
	expected = xsprintf("0<%.*s\n>", SEARCH_LINE, line);
	finds(line, "x", NULL, expected);
	free(expected);
	free(line);
}

static void
a_file_that_cannot_be_read_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(search_file("/nowhere/at/all", NULL, 0, add, NULL), -ENOENT);
}

static void
the_first_line_comes_with_those_behind_it(void **state)
{
	char *texts[] = { "bad", "worse" }, *path = file_of("1\nworse\r\n2\n3\nbad\n4\n");
	size_t which = 9, more = 9;
	char *lines = search_first(path, texts, 2, 2, &which, &more);

	(void)state;
	assert_string_equal(lines, "worse\r\n2\n3\n");
	assert_int_equal(which, 1);
	assert_int_equal(more, 1);
	free(lines);
	lines = search_first(path, texts, 1, 9, &which, &more);
	assert_string_equal(lines, "bad\n4\n");
	assert_int_equal(more, 0);
	free(lines);
	assert_null(search_first(path, texts, 0, 9, &which, &more));
	unlink(path);
	assert_null(search_first(path, texts, 2, 9, &which, &more));
	free(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_line_comes_with_those_before_it),
		cmocka_unit_test(each_text_is_found_once_in_the_order_of_the_file),
		cmocka_unit_test(an_asterisk_is_any_characters),
		cmocka_unit_test(a_long_line_is_cut),
		cmocka_unit_test(the_first_line_comes_with_those_behind_it),
		cmocka_unit_test(a_file_that_cannot_be_read_is_an_error),
	};

	return LAB_RUN("search", tests, NULL, NULL);
}
