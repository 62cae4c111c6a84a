/* columns: words in columns, as many as fit on a screen. */
#ifndef COLUMNS_H
#define COLUMNS_H

#include "core/buf.h"

/* Append lines of at most `width` columns, at most `rows` of them, read from top to bottom; the
 * last one tells how many words it left out: "and 34 more". */
void columns_format(struct buf *out, const struct argv *words, size_t width, size_t rows);

#endif
