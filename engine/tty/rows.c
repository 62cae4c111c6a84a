/* rows: the row of a terminal where the edited line's cursor is, as the line wraps. */
#include "tty/rows.h"

#include <stdbool.h>
#include <wctype.h>

#define TAB_STOP 8
#define ESCAPES  L'\1'

static void
rows_step(struct rows *r, size_t width)
{
	/* a wide character that does not fit in the last column goes to the next row */
	if (r->column + width > r->columns) {
		r->row++;
		r->column = 0;
	}
	r->column += width;
	if (r->column >= r->columns) {
		r->row++;
		r->column = 0;
	}
}

/* as libedit (re_addc, ct_visual_char): ^X, and \U+XXXX or \U+XXXXX for other characters */
static void
rows_step_char(struct rows *r, wchar_t c)
{
	int width = wcwidth(c);
	int shown = c < 0x100 && iswcntrl((wint_t)c) ? 2 : c > 0xffff ? 8 : 7;

	if (width >= 0 && iswprint((wint_t)c))
		rows_step(r, (size_t)width);
	else
		while (shown-- > 0)
			rows_step(r, 1);
}

void
rows_add(struct rows *r, const wchar_t *text, size_t n)
{
	bool hidden = false;

	for (size_t i = 0; i < n; i++) {
		if (text[i] == ESCAPES) {
			hidden = !hidden;
		} else if (text[i] == L'\n' && !hidden) {
			r->row++;
			r->column = 0;
		} else if (text[i] == L'\t' && !hidden) {
			do
				rows_step(r, 1);
			while (r->column % TAB_STOP != 0);
		} else if (!hidden) {
			rows_step_char(r, text[i]);
		}
	}
}
