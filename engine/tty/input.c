/* input: what is typed at the edited line, character by character, for libedit. */
#include "tty/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ESCAPE 27
#define CTRL_D 4
/* so much typed (or pasted) ahead is taken before the loop has its turn again */
#define TYPED_AHEAD 256
#define PASTED      16

static struct {
	int fd; /* the terminal, opened by ourselves: non-blocking for nobody else; 0: not open */
	bool (*await)(void);
	int taken;         /* typed ahead, since the loop's turn */
	int tabs;          /* typed in a row */
	bool escape_again; /* an escape ended a search: it begins a key, too */
} in;

void
input_open(bool (*await)(void))
{
	const char *name;

	in.await = await;
	in.escape_again = false;
	in.tabs = 0;
	if (in.fd > 0)
		return;
	name = ttyname(STDIN_FILENO);
	in.fd = open(name != NULL ? name : "/dev/tty",
		     O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
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

int
input_tabs(void)
{
	int n = 0;

	return ioctl(STDIN_FILENO, FIONREAD, &n) == 0 && n > PASTED ? 0 : in.tabs;
}

static bool
typed_ahead(void)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

/* One byte; -1 at the end, -2 where the line is given up. A byte at a time: what is behind the
 * line may be for another who reads the terminal. */
static int
read_byte(void)
{
	unsigned char byte;
	ssize_t n;

	do {
		if (in.taken++ >= TYPED_AHEAD || !typed_ahead()) {
			in.taken = 0;
			if (!in.await())
				return -2;
		}
		n = read(in.fd, &byte, 1);
		/* Ctrl-C takes away what was typed ahead, though it was there just now */
	} while (n < 0 && (errno == EAGAIN || errno == EINTR));
	return n == 1 ? byte : -1;
}

/* Ctrl-R's line stands behind the edited one. */
static bool
is_searching(EditLine *el)
{
	const LineInfoW *line = el_wline(el);
	const wchar_t *last = line->lastchar;

	while (last > line->buffer && *last != L'\n')
		last--;
	return line->lastchar - last > 4 &&
	       (wcsncmp(last, L"\nbck", 4) == 0 || wcsncmp(last, L"\nfwd", 4) == 0) &&
	       (last[4] == L':' || last[4] == L'?');
}

/* A byte as libedit should have it. */
static int
read_key(EditLine *el)
{
	int byte;

	if (in.escape_again) {
		in.escape_again = false;
		return ESCAPE;
	}
	byte = read_byte();
	in.tabs = byte == '\t' ? in.tabs + 1 : 0;
	/* Ctrl-D, typed before the terminal was ours (n_tty keeps it so) */
	if (byte == 0)
		return CTRL_D;
	/* the search would take an arrow key's escape, and leave the rest to be typed */
	in.escape_again = byte == ESCAPE && typed_ahead() && is_searching(el);
	return byte;
}

int
input_read(EditLine *el, wchar_t *c)
{
	mbstate_t state = { 0 };
	size_t n = 0;

	do {
		int byte = read_key(el);
		char b = (char)byte;

		*c = L'\n';
		if (byte < 0)
			return byte == -2;
		n = mbrtowc(c, &b, 1, &state);
	} while (n == (size_t)-2);
	/* no character of ours */
	if (n == (size_t)-1)
		*c = L'\xfffd';
	return 1;
}
