/* input: the characters typed at the edited line, for libedit. */
#include "tty/input.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ESCAPE 27
#define CTRL_D 4
#define CTRL_V 22
/* bytes typed or pasted ahead that are read before the loop's next turn */
#define TYPED_AHEAD 256
#define PASTED      16

static struct {
	int fd; /* the terminal, opened anew: non-blocking for no other program; 0: not open */
	bool (*await)(void);
	int taken; /* bytes since the loop's turn */
	int tabs;  /* in a row */
	wchar_t last;
} in;

void
input_open(bool (*await)(void))
{
	in.await = await;
	in.tabs = 0;
	if (in.fd == 0)
		in.fd = open("/proc/self/fd/0", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (in.fd < 0)
		in.fd = STDIN_FILENO;
}

void
input_close(void)
{
	if (in.fd > 0)
		close(in.fd);
	in.fd = 0;
}

/* The bytes typed ahead. */
static int
waiting(void)
{
	int n = 0;

	return ioctl(STDIN_FILENO, FIONREAD, &n) == 0 ? n : 0;
}

int
input_tabs(void)
{
	return waiting() > PASTED ? 0 : in.tabs;
}

/* One byte; -1 at the end, -2 when the line is given up. One at a time: bytes behind the line may
 * be for another program at the terminal. */
static int
read_byte(void)
{
	unsigned char byte;
	ssize_t n;

	do {
		if (in.taken++ >= TYPED_AHEAD || waiting() == 0) {
			in.taken = 0;
			if (!in.await())
				return -2;
		}
		n = read(in.fd, &byte, 1);
		/* Ctrl-C drops typed-ahead bytes, perhaps after the count */
	} while (n < 0 && (errno == EAGAIN || errno == EINTR));
	return n == 1 ? byte : -1;
}

int
input_read(EditLine *el, wchar_t *c)
{
	mbstate_t state = { 0 };
	size_t n = 0;

	(void)el;
	do {
		int byte = read_byte();
		char b = (char)byte;

		*c = L'\n';
		if (byte < 0)
			return byte == -2;
		n = mbrtowc(c, &b, 1, &state);
	} while (n == (size_t)-2);
	/* no character of this locale */
	if (n == (size_t)-1)
		*c = L'\xfffd';
	/* typed before the terminal was ours (n_tty keeps it so) */
	else if (*c == L'\0')
		*c = CTRL_D;
	/* the second of two is within a sequence; behind Ctrl-V it is a character */
	else if (*c == ESCAPE && in.last != INPUT_ESCAPE && in.last != CTRL_V && waiting() > 0)
		*c = INPUT_ESCAPE;
	in.last = *c;
	in.tabs = *c == L'\t' ? in.tabs + 1 : 0;
	return 1;
}
