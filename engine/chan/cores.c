/* cores: how a program is started so that a crash leaves a core, in a folder of its own.
 *
 * The kernel's usual core_pattern is "core": a file in the program's working folder. Programs that
 * share one would overwrite each other's, and the user's own files there. */
#include "chan/cores.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"

/* Bytes that are written; a hole costs nothing. A backtrace of a core that was cut may fail. */
#define CORE_MAX (1ul << 30)

/* Private memory and the first page of each program file (core(5)). Without shared memory: that is
 * the memory of a guest, and DPDK's without hugepages. */
#define CORE_FILTER "0x11"

char *
cores_folder(const char *folder)
{
	static unsigned count;
	char *path;

	if (folder == NULL || (mkdir(folder, 0700) < 0 && errno != EEXIST))
		return NULL;
	path = xsprintf("%s/%u", folder, ++count);
	if (mkdir(path, 0700) == 0)
		return path;
	free(path);
	return NULL;
}

/* $PATH with the working folder in front of its relative folders. */
static void
path_absolute(const char *here)
{
	const char *path = getenv("PATH");
	struct buf out = { 0 };

	if (path == NULL)
		return;
	for (const char *at = path;; at++) {
		size_t len = strcspn(at, ":");

		if (*at != '/')
			buf_printf(&out, "%s%s", here, len > 0 ? "/" : "");
		buf_printf(&out, "%.*s", (int)len, at);
		at += len;
		if (*at == '\0')
			break;
		buf_add_char(&out, ':');
	}
	setenv("PATH", out.data, 1);
	buf_free(&out);
}

static void
core_allow(void)
{
	struct rlimit limit;
	int fd;

	if (getrlimit(RLIMIT_CORE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max < CORE_MAX ? limit.rlim_max : CORE_MAX;
		setrlimit(RLIMIT_CORE, &limit);
	}
	fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
	/* a kernel without it writes a larger core */
	if (fd < 0)
		return;
	if (write(fd, CORE_FILTER, strlen(CORE_FILTER)) < 0)
		errno = 0;
	close(fd);
}

int
cores_enter(const char *folder, char **program)
{
	char here[PATH_MAX];

	if (getcwd(here, sizeof(here)) != NULL) {
		path_absolute(here);
		if (**program != '/' && strchr(*program, '/') != NULL)
			*program = xsprintf("%s/%s", here, *program);
	}
	core_allow();
	return chdir(folder) < 0 ? -errno : 0;
}
