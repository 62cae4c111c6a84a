/* scope: the owner of resources, which it closes in reverse order. */
#include "core/scope.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/buf.h"

/* The limit of a hard end; then the scope continues without it. */
#define HARD_SECONDS 5.0

static struct scope *root;

static const struct res_ops scope_ops;

static void scope_next(struct scope *s);

void
res_open(struct res *r, const struct res_ops *ops, struct scope *s, const char *name, double grace)
{
	r->ops = ops;
	r->state = RES_OPEN;
	r->grace = grace;
	r->holds = 1;
	r->scope = s;
	snprintf(r->name, sizeof(r->name), "%.*s", (int)text_cut(name, sizeof(r->name) - 1), name);
	if (s != NULL)
		LIST_INSERT_HEAD(&s->open, r, older);
}

static void
res_overdue(void *arg)
{
	struct res *r = arg;

	if (!r->hardened) {
		res_harden(r);
		return;
	}
	scope_note_error(
		"%s \"%s\" is stuck: still there %g s after it was killed; continuing without it",
		r->ops->kind, r->name, HARD_SECONDS);
	res_closed(r);
}

void
res_close(struct res *r)
{
	if (r->state != RES_OPEN)
		return;
	if (r->ops->soft == NULL || r->grace <= 0) {
		res_harden(r);
		return;
	}
	r->state = RES_CLOSING;
	timer_start(&r->timer, r->grace, res_overdue, r);
	r->ops->soft(r);
}

void
res_harden(struct res *r)
{
	if (r->state == RES_CLOSED || r->hardened)
		return;
	r->state = RES_CLOSING;
	r->hardened = true;
	timer_stop(&r->timer);
	/* a scope has no timer: each resource in it has one */
	if (r->ops != &scope_ops)
		timer_start(&r->timer, HARD_SECONDS, res_overdue, r);
	r->ops->hard(r);
}

void
res_closed(struct res *r)
{
	struct scope *s = r->scope;

	if (r->state == RES_CLOSED)
		return;
	r->state = RES_CLOSED;
	timer_stop(&r->timer);
	if (s != NULL)
		LIST_REMOVE(r, older);
	r->scope = NULL;
	wait_end_all(&r->waiting, 0);
	if (s != NULL && s->res.state == RES_CLOSING)
		scope_next(s);
	res_drop(r);
}

void
res_await(struct res *r, struct wait *w, double seconds)
{
	wait_queue(&r->waiting, w, seconds);
	if (r->state == RES_CLOSED)
		wait_end_all(&r->waiting, 0);
}

void
res_hold(struct res *r)
{
	r->holds++;
}

void
res_drop(struct res *r)
{
	if (--r->holds > 0)
		return;
	if (r->ops->destroy != NULL)
		r->ops->destroy(r);
	else
		free(r);
}

/* The scope as a resource: closing it closes what it holds, newest first. */

static void
scope_next(struct scope *s)
{
	struct res *r = LIST_FIRST(&s->open);

	if (r == NULL) {
		res_closed(&s->res);
		return;
	}
	if (s->res.hardened)
		res_harden(r);
	else
		res_close(r);
}

static void
scope_close(struct res *r)
{
	scope_next((struct scope *)r);
}

static void
scope_destroy(struct res *r)
{
	if ((struct scope *)r == root)
		root = NULL;
	free(r);
}

static const struct res_ops scope_ops = {
	.kind = "scope", .soft = scope_close, .hard = scope_close, .destroy = scope_destroy
};

struct scope *
scope_new(struct scope *parent, const char *name)
{
	struct scope *s = xcalloc(1, sizeof(*s));

	/* each resource has its own grace; this one limits the sum */
	res_open(&s->res, &scope_ops, parent, name, 60.0);
	return s;
}

struct scope *
scope_of(struct res *r)
{
	return r->ops == &scope_ops ? (struct scope *)r : NULL;
}

struct scope *
scope_root(void)
{
	/* a closed one may still be held, but takes no resource */
	if (root == NULL || root->res.state == RES_CLOSED)
		root = scope_new(NULL, "root");
	return root;
}

static char *first_error;

void
scope_note_error(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "moonrig: %s\n", text);
	if (first_error == NULL)
		first_error = xstrdup(text);
}

const char *
scope_first_error(void)
{
	return first_error;
}
