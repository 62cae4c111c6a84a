/* huge: the files of DPDK's EAL in hugetlbfs, one a page: PREFIXmap_N. */
#ifndef HUGE_H
#define HUGE_H

/* Remove those of one file prefix from all hugetlbfs mounts, and so free their pages. */
void huge_remove(const char *prefix);

#endif
