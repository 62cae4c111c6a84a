/* core: stores the core of a program that crashes in the guest: `core PID NAME` is run by the kernel (core(5)), with the
 * core as its input. The limit of a program's own cores (ulimit -c), which the SSH server sets to 0, is not asked then. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The guest's files are in its memory. */
#define MOST  (256 << 20)
#define BLOCK 4096

static int
is_zero(const char *block, size_t len)
{
	return block[0] == 0 && memcmp(block, block + 1, len - 1) == 0;
}

/* A block of the input; shorter only at its end. */
static size_t
read_block(char *block)
{
	size_t len = 0;
	ssize_t n = 1;

	while (len < BLOCK && n > 0) {
		n = read(0, block + len, BLOCK - len);
		len += n > 0 ? (size_t)n : 0;
	}
	return len;
}

static int
store(int fd)
{
	static char block[BLOCK];
	size_t len, stored = 0;
	off_t at = 0;

	while ((len = read_block(block)) > 0 && stored < MOST) {
		if (!is_zero(block, len)) {
			if (pwrite(fd, block, len, at) != (ssize_t)len)
				return 1;
			stored += len;
		}
		at += (off_t)len;
	}
	/* a hole at its end, too */
	return ftruncate(fd, at) < 0;
}

int
main(int argc, char **argv)
{
	char path[256];
	int fd;

	if (argc != 3)
		return 2;
	snprintf(path, sizeof(path), "/var/lib/moonrig/cores/core.%s.%s", argv[2], argv[1]);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	return fd < 0 ? 1 : store(fd);
}
