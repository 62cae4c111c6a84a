/* rows: the row of a terminal where the edited line's cursor is, as the line wraps. */
#ifndef ROWS_H
#define ROWS_H

#include <stddef.h>
#include <wchar.h>

struct rows {
	size_t columns; /* the terminal's */
	size_t row, column;
};

/* Advance over n characters as libedit shows them: tabs, ^X, \U+1234, wide ones. Text between two
 * \1 is escape sequences, without width. */
void rows_add(struct rows *r, const wchar_t *text, size_t n);

#endif
