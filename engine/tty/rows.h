/* rows: on which row of a terminal the edited line's cursor stands, wherever the line wraps. */
#ifndef ROWS_H
#define ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

struct rows {
	size_t columns; /* the terminal's */
	size_t row, column;
};

/* Go on over n characters as libedit shows them: tabs, ^X, \U+1234, wide ones. What stands
 * between two \1 is escape sequences and takes no room. */
void rows_add(struct rows *r, const wchar_t *text, size_t n);

/* The columns and rows of stdout's terminal; false where it is none. */
bool rows_size(size_t *columns, size_t *rows);

#endif
