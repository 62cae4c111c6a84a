/* mem: a guest's memory: a file without a name, which QEMU maps and we can fill and read. */
#ifndef MEM_H
#define MEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* So many bytes of zeros, in pages that nothing takes up yet. A descriptor, or -errno. */
int mem_new(size_t bytes);

/* Copy what is not zero from one file to another, which has zeros there, from *at on: holes stay
 * holes. Stops after about `limit` bytes of data, and says in *at where to go on. *sum, 0 at first,
 * is in the end a checksum of all pages and their places, the same one both ways. 1: more is to
 * come; 0: all was copied, and `to` is as long as `from`; -errno (-EFBIG: `to` is a memory that is
 * too small). */
int mem_copy(int from, int to, off_t *at, size_t limit, uint64_t *sum);

/* The same kind of checksum of bytes. */
uint64_t mem_sum(const char *bytes, size_t len);

#endif
