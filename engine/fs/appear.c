/* appear: wait until a file or socket exists. */
#include "fs/appear.h"

#include <errno.h>
#include <unistd.h>

#include "core/buf.h"

/* Without a watch (the kernel gives a user 128 by default) we poll. */
#define LOOK_SECONDS 0.005

struct appear {
	struct folder *folder;
	struct timer *look;
	char *path;
	struct wait *wait;
};

static void
appear_stop(struct appear *a)
{
	timer_stop(&a->look);
	folder_stop(&a->folder);
	free(a->path);
	free(a);
}

static void
appear_forget(void *owner, struct wait *w)
{
	(void)w;
	appear_stop(owner);
}

static bool
appear_check(struct appear *a)
{
	struct wait *w = a->wait;

	if (access(a->path, F_OK) < 0)
		return false;
	appear_stop(a);
	wait_end(w, 0);
	return true;
}

static void
appear_event(void *arg)
{
	appear_check(arg);
}

static void
appear_look(void *arg)
{
	struct appear *a = arg;

	if (!appear_check(a))
		timer_start(&a->look, LOOK_SECONDS, appear_look, a);
}

int
appear_await(const char *path, double seconds, struct wait *w)
{
	struct appear *a = xcalloc(1, sizeof(*a));
	const char *slash = strrchr(path, '/');
	char *folder = slash != NULL && slash > path ? xstrndup(path, (size_t)(slash - path))
						     : xstrdup(".");
	int rc;

	a->path = xstrdup(path);
	/* watch before the first check: a file in between is not missed */
	rc = folder_start(&a->folder, folder, appear_event, a);
	free(folder);
	if (rc == -ENOENT) {
		appear_stop(a);
		return rc;
	}
	a->wait = w;
	wait_arm(w, seconds, appear_forget, a);
	if (!appear_check(a) && rc < 0)
		timer_start(&a->look, LOOK_SECONDS, appear_look, a);
	return 0;
}
