/* pty: what the bench's floors share: a program on a pty, read without any care. */
#ifndef PTY_H
#define PTY_H

#include <stddef.h>
#include <sys/types.h>

struct pty {
	int fd;
	pid_t pid;
};

/* Start argv on a pty without echo and output processing. Ends the process where that fails. */
struct pty pty_start(char *const *argv);

/* Read into `bytes`; 0 at the end, and where nothing came for 60 s. */
size_t pty_read(const struct pty *p, char *bytes, size_t size);

/* Write a line, all of it. */
void pty_write(const struct pty *p, const char *line);

/* Kill it and reap it. */
void pty_end(const struct pty *p);

/* Seconds on CLOCK_MONOTONIC. */
double pty_now(void);

#endif
