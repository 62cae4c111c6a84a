/* rows: on which row of a terminal the edited line's cursor stands, wherever the line wraps. */
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

/* libedit's way (re_addc, ct_visual_char): ^X, and \U+XXXX or \U+XXXXX for what cannot be shown */
static void
rows_step_char(struct rows *r, wchar_t c)
{
	int width = wcwidth(c);
	int shown = c < 0x100 && iswcntrl((wint_t)c) ? 2 : c > 0xffff ? 8 : 7;

	if (width >= 0 && iswprint((wint_t)c)) {
		rows_step(r, (size_t)width);
		return;
	}
	while (shown-- > 0)
		rows_step(r, 1);
}

void
rows_add(struct rows *r, const wchar_t *text, size_t n)
{
	bool hidden = false;

	if (r->columns == 0)
		r->columns = 80;
	for (size_t i = 0; i < n; i++) {
		if (text[i] == ESCAPES) {
			hidden = !hidden;
		} else if (hidden) {
			continue;
		} else if (text[i] == L'\n') {
			r->row++;
			r->column = 0;
		} else if (text[i] == L'\t') {
			do
				rows_step(r, 1);
			while (r->column % TAB_STOP != 0);
		} else {
			rows_step_char(r, text[i]);
		}
	}
}

size_t
rows_width(const char *text, size_t n)
{
	mbstate_t state = { 0 };
	size_t width = 0;

	while (n > 0) {
		wchar_t c;
		size_t len = mbrtowc(&c, text, n, &state);
		int w = 1;

		if (len == (size_t)-1 || len == (size_t)-2 || len == 0) {
			state = (mbstate_t){ 0 };
			len = 1;
		} else {
			w = wcwidth(c);
		}
		width += w > 0 ? (size_t)w : 0;
		text += len;
		n -= len;
	}
	return width;
}
