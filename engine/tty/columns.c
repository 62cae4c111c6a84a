/* columns: words in columns, as many as fit on a screen. */
#include "tty/columns.h"

#include "tty/rows.h"

#define GAP 2

static size_t
widest(const struct argv *words)
{
	size_t most = 1;

	for (size_t i = 0; i < words->n; i++) {
		size_t width = rows_width(words->v[i], strlen(words->v[i]));

		most = width > most ? width : most;
	}
	return most;
}

static void
add_padded(struct buf *out, const char *word, size_t width)
{
	size_t has = rows_width(word, strlen(word));

	buf_add(out, word, strlen(word));
	for (; has < width; has++)
		buf_add_char(out, ' ');
}

void
columns_format(struct buf *out, const struct argv *words, size_t width, size_t rows)
{
	size_t each = widest(words) + GAP;
	size_t columns = width + GAP > each ? (width + GAP) / each : 1;
	size_t lines = (words->n + columns - 1) / columns;
	size_t shown = words->n;

	if (lines > rows) {
		lines = rows > 1 ? rows - 1 : 1;
		shown = lines * columns;
	}
	for (size_t line = 0; line < lines; line++) {
		for (size_t i = line; i < shown; i += lines)
			add_padded(out, words->v[i], i + lines < shown ? each : 0);
		buf_add_char(out, '\n');
	}
	if (shown < words->n)
		buf_printf(out, "and %zu more\n", words->n - shown);
}
