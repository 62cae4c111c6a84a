/* wake: runs first in a guest, booted or restored from a snapshot: sets the host's time, and seeds the random numbers,
 * which would otherwise be the same in every guest of that snapshot. */
#include <errno.h>
#include <linux/random.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define SEED 32

static int
fail(const char *what)
{
	fprintf(stderr, "wake: %s: %s\n", what, strerror(errno));
	return 1;
}

static int
read_seed(const char *hex, unsigned char *seed)
{
	for (int i = 0; i < SEED; i++)
		if (sscanf(hex + 2 * i, "%2hhx", &seed[i]) != 1)
			return -1;
	return 0;
}

static int
reseed(const unsigned char *seed)
{
	struct {
		int entropy_count, buf_size;
		unsigned char buf[SEED];
	} pool = { .entropy_count = 8 * SEED, .buf_size = SEED };
	int fd = open("/dev/urandom", O_WRONLY), rc;

	memcpy(pool.buf, seed, SEED);
	if (fd < 0)
		return -1;
	rc = ioctl(fd, RNDADDENTROPY, &pool);
	if (rc == 0)
		rc = ioctl(fd, RNDRESEEDCRNG);
	close(fd);
	return rc;
}

/* wake SECONDS NANOSECONDS SEED: the time since 1970, and 32 bytes in hexadecimal digits. */
int
main(int argc, char **argv)
{
	unsigned char seed[SEED];
	struct timespec now;

	if (argc != 4 || strlen(argv[3]) != 2 * SEED || read_seed(argv[3], seed) < 0) {
		fprintf(stderr, "usage: wake SECONDS NANOSECONDS SEED\n");
		return 2;
	}
	now.tv_sec = atoll(argv[1]);
	now.tv_nsec = atol(argv[2]);
	if (clock_settime(CLOCK_REALTIME, &now) < 0)
		return fail("the clock cannot be set");
	if (reseed(seed) < 0)
		return fail("the random numbers cannot be seeded");
	return 0;
}
