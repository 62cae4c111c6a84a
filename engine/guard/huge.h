/* huge: what DPDK's EAL leaves in hugetlbfs: a file a page, PREFIXmap_N. */
#ifndef HUGE_H
#define HUGE_H

/* Remove those of one file prefix from all of this machine's hugetlbfs mounts,
 * and with them the pages they hold. */
void huge_remove(const char *prefix);

#endif
