/* changes: a set of folders, and those of them that have changed. */
#include "fs/changes.h"

#include <errno.h>
#include <sys/stat.h>

#include "core/buf.h"

struct changes {
	struct res res;
	struct entry *first;
	struct wait *wait;
};

struct entry {
	struct changes *owner;
	struct entry *next;
	struct folder *folder;
	char *path;
	dev_t dev;
	ino_t ino;
	bool wanted;
	bool changed;
};

static void
entry_free(struct entry *f)
{
	folder_stop(&f->folder);
	free(f->path);
	free(f);
}

static void
entry_event(void *arg)
{
	struct entry *f = arg;

	f->changed = true;
	wait_end_all(&f->owner->wait, 0);
}

static struct entry *
changes_find(struct changes *c, const char *path)
{
	struct entry *f = c->first;

	while (f != NULL && strcmp(f->path, path) != 0)
		f = f->next;
	return f;
}

/* Watch a folder, or mark its entry as still wanted. */
static int
changes_add(struct changes *c, const char *path)
{
	struct entry *f = changes_find(c, path);
	struct stat st;
	int rc;

	if (stat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	if (f != NULL && f->dev == st.st_dev && f->ino == st.st_ino) {
		f->wanted = true;
		return 0;
	}
	f = xcalloc(1, sizeof(*f));
	rc = folder_start(&f->folder, path, entry_event, f);
	if (rc < 0) {
		free(f);
		return rc == -ENOENT ? 0 : rc;
	}
	f->owner = c;
	f->path = xstrdup(path);
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->wanted = true;
	/* in front of the entry of an earlier folder of this path, which will be dropped */
	f->next = c->first;
	c->first = f;
	return 0;
}

static void
changes_drop_unwanted(struct changes *c)
{
	struct entry **at = &c->first;

	while (*at != NULL) {
		struct entry *f = *at;

		if (f->wanted) {
			f->wanted = false;
			at = &f->next;
			continue;
		}
		*at = f->next;
		entry_free(f);
	}
}

int
changes_set(struct changes *c, char *const *folders, size_t n, const char **bad)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = changes_add(c, folders[i]);
		*bad = folders[i];
	}
	changes_drop_unwanted(c);
	return rc;
}

static struct entry *
changes_first(struct changes *c)
{
	struct entry *f = c->first;

	while (f != NULL && !f->changed)
		f = f->next;
	return f;
}

int
changes_await(struct changes *c, double seconds, struct wait *w)
{
	if (c->wait != NULL)
		return -EBUSY;
	wait_queue(&c->wait, w, seconds);
	if (c->res.state == RES_CLOSED)
		wait_end_all(&c->wait, -EPIPE);
	else if (changes_first(c) != NULL)
		wait_end_all(&c->wait, 0);
	return 0;
}

const char *
changes_take(struct changes *c)
{
	struct entry *f = changes_first(c);

	if (f == NULL)
		return NULL;
	f->changed = false;
	return f->path;
}

static void
changes_hard(struct res *r)
{
	struct changes *c = (struct changes *)r;

	changes_drop_unwanted(c);
	wait_end_all(&c->wait, -EPIPE);
	res_closed(r);
}

static const struct res_ops changes_ops = { .kind = "watch", .hard = changes_hard };

struct changes *
changes_open(struct scope *s, const char *name)
{
	struct changes *c = xcalloc(1, sizeof(*c));

	res_open(&c->res, &changes_ops, s, name, 0);
	return c;
}

struct res *
changes_res(struct changes *c)
{
	return &c->res;
}
