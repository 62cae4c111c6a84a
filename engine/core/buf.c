/* buf: growable bytes and argument vectors. Out of memory ends the process. */
#include "core/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "core/limits.h"

static void *
or_die(void *p)
{
	if (p == NULL)
		limits_end("out of memory (is `ulimit -v` too small?)");
	return p;
}

void *
xcalloc(size_t n, size_t size)
{
	return or_die(calloc(n, size));
}

void *
xrealloc(void *p, size_t size)
{
	return or_die(realloc(p, size));
}

char *
xstrdup(const char *s)
{
	return or_die(strdup(s));
}

char *
xstrndup(const char *s, size_t len)
{
	return or_die(strndup(s, len));
}

static int
format(char **s, const char *fmt, va_list ap)
{
	int len = vasprintf(s, fmt, ap);

	or_die(len < 0 ? NULL : *s);
	return len;
}

char *
xsprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	format(&s, fmt, ap);
	va_end(ap);
	return s;
}

size_t
text_cut(const char *s, size_t max)
{
	size_t len = strnlen(s, max + 1);

	if (len <= max)
		return len;
	for (len = max; len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80;)
		len--;
	return len;
}

void
buf_add(struct buf *b, const void *data, size_t len)
{
	if (b->len + len + 1 > b->cap) {
		b->cap = (b->len + len + 1) * 2;
		b->data = xrealloc(b->data, b->cap);
	}
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void
buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int len;

	va_start(ap, fmt);
	len = format(&s, fmt, ap);
	va_end(ap);
	buf_add(b, s, (size_t)len);
	free(s);
}

void
buf_drop(struct buf *b, size_t len)
{
	buf_cut(b, 0, len);
}

void
buf_cut(struct buf *b, size_t at, size_t len)
{
	if (len == 0)
		return;
	b->len -= len;
	memmove(b->data + at, b->data + at + len, b->len - at + 1);
}

int
buf_write(const struct buf *b, int fd)
{
	for (size_t done = 0; done < b->len;) {
		ssize_t n = write(fd, b->data + done, b->len - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

void
buf_free(struct buf *b)
{
	free(b->data);
	memset(b, 0, sizeof(*b));
}

size_t
queue_len(const struct queue *q)
{
	return q->bytes.len - q->at;
}

void
queue_drop(struct queue *q, size_t len)
{
	q->at += len;
	/* moves once half is gone: moving is then a constant cost a byte */
	if (q->at > q->bytes.len / 2) {
		buf_drop(&q->bytes, q->at);
		q->at = 0;
	}
}

static void
argv_take(struct argv *a, char *s)
{
	a->v = xrealloc(a->v, (a->n + 2) * sizeof(*a->v));
	a->v[a->n++] = s;
	a->v[a->n] = NULL;
}

void
argv_add(struct argv *a, const char *s)
{
	argv_take(a, xstrdup(s));
}

void
argv_printf(struct argv *a, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	format(&s, fmt, ap);
	va_end(ap);
	argv_take(a, s);
}

void
argv_free(struct argv *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->v[i]);
	free(a->v);
	memset(a, 0, sizeof(*a));
}

void
buf_add_quoted(struct buf *b, const char *word)
{
	buf_add_char(b, '\'');
	for (; *word; word++) {
		/* fish reads a backslash inside of quotes, csh an exclamation mark */
		if (strchr("'\\!", *word) != NULL)
			buf_printf(b, "'\\%c'", *word);
		else
			buf_add_char(b, *word);
	}
	buf_add_char(b, '\'');
}
