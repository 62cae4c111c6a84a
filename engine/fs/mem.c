/* mem: a guest's memory: a file without a name, which QEMU maps and we can fill and read. */
#include "fs/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PAGE  4096
#define BLOCK (64 * PAGE)

static unsigned
flags_of(size_t page)
{
	unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;

	if (page == 0)
		return flags;
	return flags | MFD_HUGETLB | (unsigned)__builtin_ctzl(page) << MAP_HUGE_SHIFT;
}

/* The kernel reserves the hugepages of a file for its first shared mapping, and keeps them for the
 * file. */
static int
reserve(int fd, size_t bytes)
{
	void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return map == MAP_FAILED ? -1 : munmap(map, bytes);
}

int
mem_new(size_t bytes, size_t page)
{
	int fd = memfd_create("guest-memory", flags_of(page));

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)bytes) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) < 0 ||
	    (page > 0 && reserve(fd, bytes) < 0)) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	return fd;
}

static bool
is_zero(const char *bytes, size_t len)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0;
}

/* The bytes of a hugepage, 0 for a file of ordinary pages. */
static size_t
page_of(int fd)
{
	struct statfs st;

	return fstatfs(fd, &st) == 0 && st.f_type == HUGETLBFS_MAGIC ? (size_t)st.f_bsize : 0;
}

/* hugetlbfs has no write(2). Whole pages are mapped: munmap takes no others. */
static int
write_mapped(int fd, size_t page, const char *bytes, size_t len, off_t at)
{
	size_t skip = (size_t)at % page, whole = (skip + len + page - 1) / page * page;
	off_t from = at - (off_t)skip, size = lseek(fd, 0, SEEK_END);
	char *map;

	if (size < from + (off_t)whole)
		return size < 0 ? -errno : -EFBIG;
	map = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_SHARED, fd, from);
	if (map == MAP_FAILED)
		return -errno;
	memcpy(map + skip, bytes, len);
	munmap(map, whole);
	return 0;
}

static int
write_all(int fd, const char *bytes, size_t len, off_t at)
{
	size_t page = page_of(fd);

	if (page > 0)
		return write_mapped(fd, page, bytes, len, at);
	while (len > 0) {
		ssize_t n = pwrite(fd, bytes, len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EPERM ? -EFBIG : -errno; /* the seal against growing */
		bytes += n;
		len -= (size_t)n;
		at += n;
	}
	return 0;
}

/* For damage, not for an attack: each word and its place count. */
static uint64_t
mix(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * 0x9e3779b97f4a7c15;
	return sum ^ sum >> 29;
}

static uint64_t
sum_page(uint64_t sum, const char *bytes, size_t len, off_t at)
{
	uint64_t word;

	sum = mix(sum, (uint64_t)at);
	for (size_t i = 0; i < len; i += sizeof(word)) {
		size_t n = len - i < sizeof(word) ? len - i : sizeof(word);

		word = 0;
		memcpy(&word, bytes + i, n);
		sum = mix(sum, word);
	}
	return sum;
}

uint64_t
mem_sum(const char *bytes, size_t len)
{
	return sum_page(len, bytes, len, 0);
}

/* Adjacent pages that are not zero are written by one call. */
static int
write_pages(int fd, const char *bytes, size_t len, off_t at, uint64_t *sum)
{
	size_t from = 0, to = 0;

	while (from < len) {
		size_t page = len - from < PAGE ? len - from : PAGE;
		int rc;

		if (is_zero(bytes + from, page)) {
			from += page;
			continue;
		}
		for (to = from; to < len; to += page) {
			page = len - to < PAGE ? len - to : PAGE;
			if (is_zero(bytes + to, page))
				break;
			*sum = sum_page(*sum, bytes + to, page, at + (off_t)to);
		}
		rc = write_all(fd, bytes + from, to - from, at + (off_t)from);
		if (rc < 0)
			return rc;
		from = to;
	}
	return 0;
}

/* A file grows to its source's length; a memory has a fixed one. */
static int
finish(int to, off_t size)
{
	struct stat st;

	if (fstat(to, &st) < 0)
		return -errno;
	if (st.st_size < size && ftruncate(to, size) < 0)
		return errno == EPERM ? -EFBIG : -errno;
	return 0;
}

int
mem_copy(int from, int to, off_t *at, size_t limit, uint64_t *sum)
{
	static char block[BLOCK];
	struct stat st;
	size_t copied = 0;

	if (fstat(from, &st) < 0)
		return -errno;
	while (*at < st.st_size) {
		/* SEEK_HOLE would read all of a full memory, each time */
		off_t data = lseek(from, *at, SEEK_DATA);
		ssize_t n;
		int rc;

		if (data < 0 && errno == ENXIO)
			break; /* a hole to the end */
		if (data < 0)
			return -errno;
		n = pread(from, block, BLOCK, data);
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		rc = write_pages(to, block, (size_t)n, data, sum);
		if (rc < 0)
			return rc;
		*at = data + n;
		copied += (size_t)n;
		if (copied >= limit)
			return 1;
	}
	*at = st.st_size;
	return finish(to, st.st_size);
}
