/* folder: a folder whose events wake us. */
#include "fs/folder.h"

#include "core/buf.h"
#include "core/loop.h"

struct folder {
	uv_fs_event_t uv;
	folder_fn fn;
	void *arg;
};

static void
folder_free(uv_handle_t *h)
{
	free(h->data);
}

static void
folder_event(uv_fs_event_t *uv, const char *name, int events, int status)
{
	struct folder *f = uv->data;

	(void)name;
	(void)events;
	(void)status;
	f->fn(f->arg);
}

int
folder_start(struct folder **out, const char *path, folder_fn fn, void *arg)
{
	struct folder *f = xcalloc(1, sizeof(*f));
	int rc;

	f->fn = fn;
	f->arg = arg;
	f->uv.data = f;
	uv_fs_event_init(loop(), &f->uv);
	rc = uv_fs_event_start(&f->uv, folder_event, path, 0);
	if (rc < 0)
		uv_close((uv_handle_t *)&f->uv, folder_free);
	else
		*out = f;
	return rc;
}

void
folder_stop(struct folder **f)
{
	if (*f == NULL)
		return;
	uv_fs_event_stop(&(*f)->uv);
	uv_close((uv_handle_t *)&(*f)->uv, folder_free);
	*f = NULL;
}
