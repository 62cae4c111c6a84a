/* appear: wait for a file or socket to come into being. */
#include "appear.h"

#include <unistd.h>

#include "buf.h"

/* Where the kernel gives no more watches (a user has 128 by default), we look that often. */
#define LOOK_SECONDS 0.005

struct appear {
	uv_fs_event_t uv;
	struct timer *look;
	char *path;
	struct wait *wait;
};

static void
appear_free(uv_handle_t *h)
{
	struct appear *a = h->data;

	free(a->path);
	free(a);
}

static void
appear_stop(struct appear *a)
{
	a->wait = NULL;
	timer_stop(&a->look);
	uv_fs_event_stop(&a->uv);
	uv_close((uv_handle_t *)&a->uv, appear_free);
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

	if (w == NULL || access(a->path, F_OK) < 0)
		return false;
	appear_stop(a);
	wait_end(w, 0);
	return true;
}

static void
appear_event(uv_fs_event_t *uv, const char *name, int events, int status)
{
	(void)name;
	(void)events;
	(void)status;
	appear_check(uv->data);
}

static void
appear_look(void *arg)
{
	struct appear *a = arg;

	timer_stop(&a->look);
	if (!appear_check(a))
		a->look = timer_start(LOOK_SECONDS, appear_look, a);
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
	a->uv.data = a;
	uv_fs_event_init(loop(), &a->uv);
	/* watch first, look second: what appears in between is not missed */
	rc = uv_fs_event_start(&a->uv, appear_event, folder, 0);
	free(folder);
	if (rc == UV_ENOENT) {
		uv_close((uv_handle_t *)&a->uv, appear_free);
		return rc;
	}
	a->wait = w;
	wait_arm(w, seconds, appear_forget, a);
	if (!appear_check(a) && rc < 0)
		a->look = timer_start(LOOK_SECONDS, appear_look, a);
	return 0;
}
