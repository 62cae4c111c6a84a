/* buf: growable bytes and argument vectors. Out of memory ends the process. */
#ifndef BUF_H
#define BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct buf {
	char *data; /* NUL behind the last byte once anything was added */
	size_t len;
	size_t cap;
};

/* Bytes on their way: those before `at` are gone. */
struct queue {
	struct buf bytes;
	size_t at;
};

struct argv {
	char **v; /* NULL behind the last */
	size_t n;
};

void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t len);
char *xsprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* How much of it is no longer than `max`, and ends with a whole character of UTF-8. */
size_t text_cut(const char *s, size_t max);

void buf_add(struct buf *b, const void *data, size_t len);
void buf_add_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Drop the first len bytes; len bytes at `at`. */
void buf_drop(struct buf *b, size_t len);
void buf_cut(struct buf *b, size_t at, size_t len);
/* Write all of it to a descriptor that blocks. -errno. */
int buf_write(const struct buf *b, int fd);
void buf_free(struct buf *b);

size_t queue_len(const struct queue *q);
/* The first len bytes are gone. */
void queue_drop(struct queue *q, size_t len);

void argv_add(struct argv *a, const char *s);
void argv_printf(struct argv *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void argv_free(struct argv *a);

/* Add a word, quoted for a POSIX shell; without a newline in it for fish and csh, too. */
void buf_add_quoted(struct buf *b, const char *word);

#endif
