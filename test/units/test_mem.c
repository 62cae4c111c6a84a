/* test_mem: copies of a guest's memory: bytes, holes, and a memory that is too small. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/mem.h"
#include "units/lab.h"

#define MB (1 << 20)

static int
scratch_file(void)
{
	int fd = open(lab_home(), O_TMPFILE | O_RDWR, 0600);

	assert_true(fd >= 0);
	return fd;
}

static void
put(int fd, const char *text, off_t at)
{
	assert_int_equal(pwrite(fd, text, strlen(text), at), strlen(text));
}

static void
holds(int fd, const char *text, off_t at)
{
	char got[64] = { 0 };

	assert_int_equal(pread(fd, got, strlen(text), at), strlen(text));
	assert_string_equal(got, text);
}

static off_t
taken(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return (off_t)st.st_blocks * 512;
}

static uint64_t sum;

static int
copy_all(int from, int to, size_t limit)
{
	off_t at = 0;
	int rc, rounds = 0;

	sum = 0;
	while ((rc = mem_copy(from, to, &at, limit, &sum)) > 0)
		rounds++;
	return rc < 0 ? rc : rounds;
}

static void
a_copy_has_the_same_bytes(void **state)
{
	int memory = mem_new(64 * MB, 0), file = scratch_file(), again = mem_new(64 * MB, 0);
	struct stat st;

	(void)state;
	assert_true(memory > 0 && again > 0);
	put(memory, "first", 0);
	put(memory, "across a page", 5 * 4096 - 6);
	put(memory, "far", 40 * MB + 123);
	put(memory, "last", 64 * MB - 4);
	assert_int_equal(copy_all(memory, file, SIZE_MAX), 0);
	assert_int_equal(fstat(file, &st), 0);
	assert_int_equal(st.st_size, 64 * MB);
	assert_in_range(taken(file), 1, MB);
	assert_int_equal(copy_all(file, again, SIZE_MAX), 0);
	holds(again, "first", 0);
	holds(again, "across a page", 5 * 4096 - 6);
	holds(again, "far", 40 * MB + 123);
	holds(again, "last", 64 * MB - 4);
	assert_in_range(taken(again), 1, MB);
	close(memory);
	close(file);
	close(again);
}

/* A memory that was allocated before its guest booted is no file full of zeros. */
static void
zeros_become_a_hole(void **state)
{
	int memory = mem_new(16 * MB, 0), file = scratch_file();

	(void)state;
	assert_int_equal(posix_fallocate(memory, 0, 16 * MB), 0);
	put(memory, "x", 8 * MB + 4095);
	assert_int_equal(copy_all(memory, file, SIZE_MAX), 0);
	assert_in_range(taken(file), 1, 64 * 1024);
	holds(file, "x", 8 * MB + 4095);
	close(memory);
	close(file);
}

/* The same both ways, however it was cut; another one for any byte and any place. */
static void
the_checksum_is_the_same_both_ways(void **state)
{
	int memory = mem_new(4 * MB, 0), file = scratch_file(), again = mem_new(4 * MB, 0),
	    moved = mem_new(4 * MB, 0);
	uint64_t first;

	(void)state;
	put(memory, "some", MB);
	put(memory, "more", 3 * MB);
	assert_int_equal(copy_all(memory, file, SIZE_MAX), 0);
	first = sum;
	assert_true(first != 0);
	assert_true(copy_all(file, again, 1) > 0);
	assert_true(sum == first);
	put(file, "Some", MB);
	copy_all(file, again, SIZE_MAX);
	assert_true(sum != first);
	put(moved, "some", MB + 4096);
	put(moved, "more", 3 * MB);
	copy_all(moved, file, SIZE_MAX);
	assert_true(sum != first);
	close(memory);
	close(file);
	close(again);
	close(moved);
}

static void
a_copy_continues_at_its_limit(void **state)
{
	int memory = mem_new(8 * MB, 0), file = scratch_file();
	char text[16];

	(void)state;
	for (int i = 0; i < 8; i++) {
		snprintf(text, sizeof(text), "part %d", i);
		for (int page = 0; page < 256; page++)
			put(memory, text, i * MB + page * 4096);
	}
	assert_in_range(copy_all(memory, file, MB), 7, 8);
	for (int i = 0; i < 8; i++) {
		snprintf(text, sizeof(text), "part %d", i);
		holds(file, text, i * MB + 4096);
	}
	close(memory);
	close(file);
}

static void
an_empty_memory_is_copied(void **state)
{
	int memory = mem_new(4 * MB, 0), file = scratch_file();
	struct stat st;

	(void)state;
	assert_int_equal(copy_all(memory, file, 1), 0);
	assert_int_equal(fstat(file, &st), 0);
	assert_int_equal(st.st_size, 4 * MB);
	assert_int_equal(taken(file), 0);
	close(memory);
	close(file);
}

static void
a_snapshot_of_more_memory_does_not_fit(void **state)
{
	int small = mem_new(4 * MB, 0), file = scratch_file();

	(void)state;
	put(file, "beyond", 6 * MB);
	assert_int_equal(copy_all(file, small, SIZE_MAX), -EFBIG);
	/* nor one whose end is empty */
	assert_int_equal(ftruncate(file, 0), 0);
	assert_int_equal(ftruncate(file, 6 * MB), 0);
	assert_int_equal(copy_all(file, small, SIZE_MAX), -EFBIG);
	close(small);
	close(file);
}

/* A memory of four hugepages; -1 where no page can be had: then the test is skipped. */
static int
huge_memory(void)
{
	size_t page = (size_t)2 * MB;
	int fd = mem_new(4 * page, page);

	assert_true(fd >= 0 || fd == -ENOMEM || fd == -EINVAL || fd == -ENODEV);
	return fd;
}

static void
hugepages_are_copied_both_ways(void **state)
{
	int memory = huge_memory(), file, again;
	uint64_t loaded;

	(void)state;
	if (memory < 0)
		skip();
	file = scratch_file();
	again = scratch_file();
	put(file, "first", 0);
	put(file, "over two pages", 2 * MB - 6);
	put(file, "last", 8 * MB - 4);
	assert_true(copy_all(file, memory, 1) > 1);
	loaded = sum;
	holds(memory, "first", 0);
	holds(memory, "over two pages", 2 * MB - 6);
	assert_true(copy_all(memory, again, SIZE_MAX) >= 0);
	assert_true(sum == loaded);
	holds(again, "last", 8 * MB - 4);
	assert_true(taken(again) < MB);
	/* and one of more memory does not fit */
	put(file, "beyond", 8 * MB);
	assert_int_equal(copy_all(file, memory, SIZE_MAX), -EFBIG);
	close(memory);
	close(file);
	close(again);
}

static void
too_few_hugepages_are_an_error(void **state)
{
	(void)state;
	/* 1 TB */
	assert_true(mem_new((size_t)1 << 40, (size_t)2 * MB) < 0);
}

static void
a_full_disk_is_an_error(void **state)
{
	int memory = mem_new(MB, 0), full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	put(memory, "x", 0);
	assert_true(full >= 0);
	assert_int_equal(copy_all(memory, full, SIZE_MAX), -ENOSPC);
	close(memory);
	close(full);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_has_the_same_bytes),
		cmocka_unit_test(the_checksum_is_the_same_both_ways),
		cmocka_unit_test(zeros_become_a_hole),
		cmocka_unit_test(a_copy_continues_at_its_limit),
		cmocka_unit_test(an_empty_memory_is_copied),
		cmocka_unit_test(a_snapshot_of_more_memory_does_not_fit),
		cmocka_unit_test(hugepages_are_copied_both_ways),
		cmocka_unit_test(too_few_hugepages_are_an_error),
		cmocka_unit_test(a_full_disk_is_an_error),
	};

	return LAB_RUN("mem", tests, NULL, NULL);
}
