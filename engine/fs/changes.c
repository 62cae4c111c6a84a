/* changes: which of some folders have changed. */
#include "fs/changes.h"

#include <errno.h>
#include <sys/stat.h>

#include "core/buf.h"
#include "fs/folder.h"

struct changes {
	struct res res;
	struct watched *first;
	struct wait *wait;
};

struct watched {
	struct changes *owner;
	struct watched *next;
	struct folder *folder;
	char *path;
	dev_t dev;
	ino_t ino;
	bool wanted;
	bool changed;
};

static void
watched_free(struct watched *f)
{
	folder_stop(&f->folder);
	free(f->path);
	free(f);
}

static void
watched_event(void *arg)
{
	struct watched *f = arg;
	struct wait *w = f->owner->wait;

	f->changed = true;
	f->owner->wait = NULL;
	if (w != NULL)
		wait_end(w, 0);
}

static bool
watched_is(const struct watched *f, const struct stat *st)
{
	return f->dev == st->st_dev && f->ino == st->st_ino;
}

static struct watched *
changes_find(struct changes *c, const char *path)
{
	struct watched *f = c->first;

	while (f != NULL && strcmp(f->path, path) != 0)
		f = f->next;
	return f;
}

/* Its place in the list, where it was watched before. */
static int
changes_add(struct changes *c, const char *path)
{
	struct watched *f = changes_find(c, path);
	struct stat st;
	int rc;

	if (stat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	if (f != NULL && watched_is(f, &st)) {
		f->wanted = true;
		return 0;
	}
	f = xcalloc(1, sizeof(*f));
	rc = folder_start(&f->folder, path, watched_event, f);
	if (rc < 0) {
		free(f);
		return rc == -ENOENT ? 0 : rc;
	}
	f->owner = c;
	f->path = xstrdup(path);
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->wanted = true;
	/* in front of the one that it was, which goes */
	f->next = c->first;
	c->first = f;
	return 0;
}

static void
changes_drop_unwanted(struct changes *c)
{
	struct watched **at = &c->first;

	while (*at != NULL) {
		struct watched *f = *at;

		if (f->wanted) {
			f->wanted = false;
			at = &f->next;
			continue;
		}
		*at = f->next;
		watched_free(f);
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

static void
changes_forget(void *owner, struct wait *w)
{
	(void)w;
	((struct changes *)owner)->wait = NULL;
}

static struct watched *
changes_first(struct changes *c)
{
	struct watched *f = c->first;

	while (f != NULL && !f->changed)
		f = f->next;
	return f;
}

int
changes_await(struct changes *c, double seconds, struct wait *w)
{
	if (c->wait != NULL)
		return -EBUSY;
	wait_arm(w, seconds, changes_forget, c);
	if (c->res.state == RES_CLOSED)
		wait_end(w, -EPIPE);
	else if (changes_first(c) != NULL)
		wait_end(w, 0);
	else
		c->wait = w;
	return 0;
}

const char *
changes_take(struct changes *c)
{
	struct watched *f = changes_first(c);

	if (f == NULL)
		return NULL;
	f->changed = false;
	return f->path;
}

static void
changes_hard(struct res *r)
{
	struct changes *c = (struct changes *)r;
	struct wait *w = c->wait;

	c->wait = NULL;
	changes_drop_unwanted(c);
	if (w != NULL)
		wait_end(w, -EPIPE);
	res_closed(r);
}

static void
changes_destroy(struct res *r)
{
	free(r);
}

static const struct res_ops changes_ops = { .kind = "watch",
					    .hard = changes_hard,
					    .destroy = changes_destroy };

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
