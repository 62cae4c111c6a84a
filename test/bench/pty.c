/* pty: what the bench's floors share: a program on a pty, read without any care. */
#include "bench/pty.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define SILENCE_MS 60000

struct pty
pty_start(char *const *argv)
{
	struct winsize size = { .ws_row = 50, .ws_col = 200 };
	struct termios tio;
	struct pty p;

	p.pid = forkpty(&p.fd, NULL, NULL, &size);
	if (p.pid < 0) {
		perror("forkpty");
		exit(3);
	}
	if (p.pid == 0) {
		tcgetattr(0, &tio);
		/* as moonrig's own ptys are: the floor is of the same terminal */
		tio.c_lflag &= ~(tcflag_t)ECHO;
		tio.c_oflag &= ~(tcflag_t)OPOST;
		tcsetattr(0, TCSANOW, &tio);
		execvp(argv[0], argv);
		_exit(127);
	}
	return p;
}

size_t
pty_read(const struct pty *p, char *bytes, size_t size)
{
	struct pollfd poller = { .fd = p->fd, .events = POLLIN };
	ssize_t n = poll(&poller, 1, SILENCE_MS) == 1 ? read(p->fd, bytes, size) : 0;

	return n > 0 ? (size_t)n : 0;
}

void
pty_write(const struct pty *p, const char *line)
{
	size_t len = strlen(line);

	while (len > 0) {
		ssize_t n = write(p->fd, line, len);

		if (n < 0) {
			perror("write");
			exit(3);
		}
		line += n;
		len -= (size_t)n;
	}
}

void
pty_end(const struct pty *p)
{
	kill(p->pid, SIGKILL);
	waitpid(p->pid, NULL, 0);
	close(p->fd);
}

double
pty_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}
