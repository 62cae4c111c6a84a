/* leaks: what a unit test leaves behind: processes, descriptors, handles of the loop, files. */
#include "units/leaks.h"

#include <ctype.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "units/lab.h"

static int
count_files(const char *path)
{
	DIR *d = opendir(path);
	int n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* The fourth field of /proc/PID/stat; 0 where it is gone. */
static pid_t
parent_of(const char *pid)
{
	char *path = xsprintf("/proc/%s/stat", pid), *text = lab_read(path), *p;
	int parent = 0;

	free(path);
	p = text != NULL ? strrchr(text, ')') : NULL;
	if (p == NULL || sscanf(p, ") %*c %d", &parent) != 1)
		parent = 0;
	free(text);
	return parent;
}

static void
look_children(struct leaks *l)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	l->n_children = 0;
	while ((e = readdir(d)) != NULL && l->n_children < LEAKS_CHILDREN) {
		if (isdigit(e->d_name[0]) && parent_of(e->d_name) == getpid())
			l->children[l->n_children++] = atoi(e->d_name);
	}
	closedir(d);
}

/* All but spawn's for SIGCHLD, which stays as long as the loop. */
static void
count_handle(uv_handle_t *h, void *arg)
{
	bool is_spawns = h->type == UV_SIGNAL && ((uv_signal_t *)h)->signum == SIGCHLD;

	*(int *)arg += !is_spawns && !uv_is_closing(h);
}

/* Closes the loop: libuv keeps some descriptors of its own while there is one. */
void
leaks_look(struct leaks *l, const char *folder)
{
	l->handles = 0;
	uv_walk(loop(), count_handle, &l->handles);
	loop_fini();
	l->fds = count_files("/proc/self/fd");
	l->files = count_files(folder);
	look_children(l);
}

static bool
was_there(const struct leaks *before, pid_t pid)
{
	for (int i = 0; i < before->n_children; i++) {
		if (before->children[i] == pid)
			return true;
	}
	return false;
}

/* We are the subreaper: what was left without a parent is our child. What ends of itself may take a
 * while. */
static pid_t
child_left(const struct leaks *before, double patience)
{
	double until = loop_now() + patience;
	struct leaks l;
	pid_t left;

	do {
		look_children(&l);
		left = 0;
		for (int i = 0; i < l.n_children; i++) {
			if (!was_there(before, l.children[i]) &&
			    waitpid(l.children[i], NULL, WNOHANG) != l.children[i])
				left = l.children[i];
		}
		if (left != 0)
			poll(NULL, 0, 5);
	} while (left != 0 && loop_now() < until);
	return left;
}

static int
is_more(const char *what, int was, int is)
{
	if (is <= was)
		return 0;
	print_error("%d %s before the test, %d after it\n", was, what, is);
	return -1;
}

int
leaks_since(const struct leaks *before, const char *folder, double patience)
{
	struct leaks after;
	pid_t child;
	int rc;

	leaks_look(&after, folder);
	rc = is_more("descriptors", before->fds, after.fds);
	rc |= is_more("open handles", before->handles, after.handles);
	rc |= is_more("files in $TMPDIR", before->files, after.files);
	child = child_left(before, patience);
	if (child == 0)
		return rc;
	print_error("process %d was left behind\n", (int)child);
	return -1;
}
