/* appear: wait for a file or socket to come into being. */
#include "appear.h"

#include <unistd.h>

#include "buf.h"

struct appear {
	uv_fs_event_t uv;
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
	uv_fs_event_stop(&a->uv);
	uv_close((uv_handle_t *)&a->uv, appear_free);
}

static void
appear_forget(void *owner, struct wait *w)
{
	(void)w;
	appear_stop(owner);
}

static void
appear_event(uv_fs_event_t *uv, const char *name, int events, int status)
{
	struct appear *a = uv->data;
	struct wait *w = a->wait;

	(void)name;
	(void)events;
	(void)status;
	if (w == NULL || access(a->path, F_OK) < 0)
		return;
	appear_stop(a);
	wait_end(w, 0);
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
	if (rc < 0) {
		uv_close((uv_handle_t *)&a->uv, appear_free);
		return rc;
	}
	a->wait = w;
	wait_arm(w, seconds, appear_forget, a);
	if (access(path, F_OK) == 0) {
		appear_stop(a);
		wait_end(w, 0);
	}
	return 0;
}
