/* wake: runs first in a guest, booted or restored from a snapshot: sets the host's time, seeds the
 * random numbers, which would otherwise be the same in every guest of that snapshot, and mounts
 * DPDK's disk. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/random.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#define SEED 32

/* DISK, the serial number of DPDK's disk, and PLACE, where it is mounted: vm/dpdk_disk.lua, by
 * vm/root.sh. */

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

/* Read the first line of a file. 0, or -1. */
static int
read_line(const char *path, char *line, int size)
{
	FILE *f = fopen(path, "r");
	int rc = f != NULL && fgets(line, size, f) != NULL ? 0 : -1;

	if (f != NULL)
		fclose(f);
	line[rc < 0 ? 0 : strcspn(line, "\n")] = 0;
	return rc;
}

/* The device file of DPDK's disk. 0, or -1. */
static int
find_disk(char *dev, int size)
{
	char path[64], serial[32];

	for (char c = 'a'; c <= 'z'; c++) {
		snprintf(path, sizeof(path), "/sys/block/vd%c/serial", c);
		if (read_line(path, serial, sizeof(serial)) == 0 && strcmp(serial, DISK) == 0) {
			snprintf(dev, size, "/dev/vd%c", c);
			return 0;
		}
	}
	errno = ENODEV;
	return -1;
}

/* A restored guest may remember another disk: forget that, mount this one, and see that it is the
 * one asked for. */
static int
mount_disk(const char *id)
{
	char dev[16], found[32];
	int fd;

	if (find_disk(dev, sizeof(dev)) < 0 || (fd = open(dev, O_RDONLY)) < 0)
		return fail("DPDK's disk is not there");
	if (ioctl(fd, BLKFLSBUF, 0) < 0)
		return fail("DPDK's disk cannot be read afresh");
	close(fd);
	if (mount(dev, PLACE, "squashfs", MS_RDONLY, NULL) < 0)
		return fail("DPDK's disk cannot be mounted");
	if (read_line(PLACE "/id", found, sizeof(found)) == 0 && strcmp(found, id) == 0)
		return 0;
	fprintf(stderr, "wake: DPDK's disk is %s, expected %s\n", found, id);
	return 1;
}

/* wake SECONDS NANOSECONDS SEED [ID]: the time since 1970, 32 bytes in hexadecimal digits, and the
 * id of DPDK's disk. */
int
main(int argc, char **argv)
{
	unsigned char seed[SEED];
	struct timespec now;

	if (argc < 4 || argc > 5 || strlen(argv[3]) != 2 * SEED || read_seed(argv[3], seed) < 0) {
		fprintf(stderr, "usage: wake SECONDS NANOSECONDS SEED [ID]\n");
		return 2;
	}
	now.tv_sec = atoll(argv[1]);
	now.tv_nsec = atol(argv[2]);
	if (clock_settime(CLOCK_REALTIME, &now) < 0)
		return fail("the clock cannot be set");
	if (reseed(seed) < 0)
		return fail("the random numbers cannot be seeded");
	return argc == 5 ? mount_disk(argv[4]) : 0;
}
