/* huge: the files of DPDK's EAL in hugetlbfs, one a page: PREFIXmap_N. */
#include "guard/huge.h"

#include <dirent.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* HUGEFILE_FMT of lib/eal/common/eal_filesystem.h, whole */
static bool
is_of(const char *name, const char *prefix)
{
	static const char map[] = "map_";
	size_t len = strlen(prefix);

	if (len == 0 || strncmp(name, prefix, len) != 0 ||
	    strncmp(name + len, map, sizeof(map) - 1) != 0)
		return false;
	name += len + sizeof(map) - 1;
	return *name != '\0' && name[strspn(name, "0123456789")] == '\0';
}

static void
remove_in(const char *folder, const char *prefix)
{
	DIR *d = opendir(folder);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (is_of(e->d_name, prefix))
			unlinkat(dirfd(d), e->d_name, 0);
	if (d != NULL)
		closedir(d);
}

void
huge_remove(const char *prefix)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;

	while (mounts != NULL && (m = getmntent(mounts)) != NULL)
		if (strcmp(m->mnt_type, "hugetlbfs") == 0)
			remove_in(m->mnt_dir, prefix);
	if (mounts != NULL)
		endmntent(mounts);
}
