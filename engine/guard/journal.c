/* journal: the guard's undo list on disk, for a sweep when the guard was killed. */
#include "guard/journal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "guard/proc.h"
#include "guard/undo.h"

/* A line "boot ID", then records with their lengths: "LEN:BYTES\n". The file's name is "PID.START"
 * of the guard, which locks it while it lives: a container or another machine may share the folder,
 * but has other pids. */
#define PART ".part"

struct journal {
	char *path;
	int fd;
};

static void
boot_id(char *text, size_t size)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (f == NULL || fgets(text, (int)size, f) == NULL)
		text[0] = '\0';
	if (f != NULL)
		fclose(f);
	text[strcspn(text, "\n")] = '\0';
}

/* It is renamed once it is locked and has its head: a sweep sees all or nothing. */
static int
create(const char *path)
{
	char boot[64], *part = xsprintf("%s" PART, path);
	struct buf head = { 0 };
	int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);

	boot_id(boot, sizeof(boot));
	buf_printf(&head, "boot %s\n", boot);
	if (fd >= 0) {
		buf_write(&head, fd);
		if (flock(fd, LOCK_EX | LOCK_NB) < 0 || rename(part, path) < 0) {
			unlink(part);
			close(fd);
			fd = -1;
		}
	}
	buf_free(&head);
	free(part);
	return fd;
}

struct journal *
journal_begin(const char *folder)
{
	struct journal *j;

	if (folder == NULL)
		return NULL;
	j = xcalloc(1, sizeof(*j));
	j->path = xsprintf("%s/%d.%llu", folder, (int)getpid(), proc_start_time(getpid()));
	j->fd = create(j->path);
	if (j->fd < 0) {
		free(j->path);
		free(j);
		return NULL;
	}
	return j;
}

void
journal_share(struct journal *j)
{
	int fd;

	if (j == NULL)
		return;
	fd = open(j->path, O_WRONLY | O_APPEND | O_CLOEXEC);
	close(j->fd);
	j->fd = fd;
}

void
journal_add(struct journal *j, const char *record, size_t len)
{
	struct buf b = { 0 };

	if (j == NULL || j->fd < 0)
		return;
	buf_printf(&b, "%zu:", len);
	buf_add(&b, record, len);
	buf_add_char(&b, '\n');
	buf_write(&b, j->fd);
	buf_free(&b);
}

void
journal_end(struct journal *j)
{
	if (j == NULL)
		return;
	unlink(j->path);
	close(j->fd);
	free(j->path);
	free(j);
}

static struct buf
read_all(int fd)
{
	struct buf b = { 0 };
	char part[65536];
	ssize_t n;

	buf_add(&b, "", 0);
	while ((n = read(fd, part, sizeof(part))) > 0)
		buf_add(&b, part, (size_t)n);
	return b;
}

/* A record that was cut is the last one, and its action was not begun. All from a record without a
 * correct length on is ignored. */
static void
take_records(char *p, const char *end)
{
	while (p < end) {
		char *colon = p + strspn(p, "0123456789");
		unsigned long len = strtoul(p, NULL, 10);

		if (colon == p || *p == '0' || *colon != ':' || len > (size_t)(end - colon) - 1 ||
		    colon + 1 + len >= end || colon[1 + len] != '\n')
			return;
		colon[1 + len] = '\0';
		undo_take(colon + 1, len);
		p = colon + len + 2;
	}
}

static void
replay(int fd)
{
	struct buf b = read_all(fd);
	char boot[64], *line = memchr(b.data, '\n', b.len);

	boot_id(boot, sizeof(boot));
	if (line != NULL && strncmp(b.data, "boot ", 5) == 0) {
		*line = '\0';
		take_records(line + 1, b.data + b.len);
		undo_all(boot[0] != '\0' && strlen(b.data) == (size_t)(line - b.data) &&
			 strcmp(b.data + 5, boot) == 0);
	}
	buf_free(&b);
}

static int
sweep_one(int folder, const char *name)
{
	unsigned long long start;
	struct stat st;
	int pid, fd, end = 0, swept = 0;

	if (sscanf(name, "%d.%llu%n", &pid, &start, &end) != 2 || proc_is_running(pid, start))
		return 0;
	if (name[end] != '\0' && strcmp(name + end, PART) != 0)
		return 0;
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return 0;
	/* our user's file; a lock belongs to a living guard or to another sweep */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == getuid() &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0 && st.st_nlink > 0) {
		replay(fd);
		swept = unlinkat(folder, name, 0) == 0;
	}
	close(fd);
	return swept;
}

int
journal_sweep(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	int swept = 0;

	while (d != NULL && (e = readdir(d)) != NULL)
		swept += sweep_one(dirfd(d), e->d_name);
	if (d != NULL)
		closedir(d);
	return swept;
}
