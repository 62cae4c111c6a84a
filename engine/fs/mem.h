/* mem: a guest's memory: a file without a name, which QEMU maps and we can fill and read. */
#ifndef MEM_H
#define MEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A descriptor of so many zero bytes, or -errno. `page`: bytes of a hugepage, 0: ordinary pages.
 * Hugepages are reserved from here on (-ENOMEM: too few are free), until the last holder has closed
 * it. Ordinary pages are taken at the first access. */
int mem_new(size_t bytes, size_t page);

/* Copy the pages that are not zero, from *at on, to a file that has zeros there: holes stay holes.
 * Stops after about `limit` bytes of data and sets *at to continue from. *sum, 0 at first, becomes
 * a checksum of all pages and their places, the same in both directions. 1: call again; 0: all is
 * copied, and `to` is as long as `from`; -errno (-EFBIG: the memory `to` is too small). */
int mem_copy(int from, int to, off_t *at, size_t limit, uint64_t *sum);

/* The same checksum of bytes. */
uint64_t mem_sum(const char *bytes, size_t len);

#endif
