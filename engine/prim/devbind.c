/* devbind: bind devices to a driver, on any node. */
#include "prim/devbind.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "prim/devbind_argv.h"

bool
devbind_is_address(const char *s)
{
	static const char form[] = "xxxx:xx:xx.o";

	if (strlen(s) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; form[i] != '\0'; i++) {
		if (form[i] == 'x'   ? !isxdigit((unsigned char)s[i])
		    : form[i] == 'o' ? s[i] < '0' || s[i] > '7'
				     : s[i] != form[i])
			return false;
	}
	return true;
}

static void
devbind_finish(struct devbind *d, int status)
{
	struct wait *w = d->wait;

	d->wait = NULL;
	/* without a driver to restore there is no resource */
	if (!d->restore || status == -ENODEV)
		res_closed(&d->res);
	if (w != NULL)
		wait_end(w, status);
}

/* Notes what failed. Returns `err`. */
static int __attribute__((format(printf, 3, 4)))
devbind_fail(struct devbind *d, int err, const char *fmt, ...)
{
	va_list ap;

	free(d->error);
	va_start(ap, fmt);
	if (vasprintf(&d->error, fmt, ap) < 0)
		d->error = NULL;
	va_end(ap);
	return err;
}

static void
devbind_forget_run(struct devbind *d)
{
	res_drop(&d->run->res);
	d->run = NULL;
}

static void
devbind_step_done(struct wait *w, int status)
{
	struct devbind *d = w->arg;

	if (status < 0) {
		devbind_forget_run(d);
		devbind_finish(d, devbind_fail(d, status, "%s did not exit: %s", d->what,
					       strerror(-status)));
		return;
	}
	d->next(d);
}

static void
devbind_do(struct devbind *d, char *const *argv, void (*next)(struct devbind *d))
{
	struct chan_spec spec = { .argv = argv };
	double left = d->until - loop_now();
	int rc;

	d->next = next;
	d->step = (struct wait){ .done = devbind_step_done, .arg = d };
	rc = run_start(&d->run, d->scope, d->node, &spec, NULL, 0, left > 0 ? left : 0, &d->step);
	if (rc < 0)
		devbind_finish(d, devbind_fail(d, rc, "%s: %s", argv[0], strerror(-rc)));
}

static void
devbind_look(struct devbind *d, void (*next)(struct devbind *d))
{
	struct argv a = { 0 };

	devbind_look_argv(d->sysfs, &d->devices, &a);
	devbind_do(d, a.v, next);
	argv_free(&a);
}

/* The lines of a look from *at, which moves behind them. -ENODEV for a device that is missing. */
static int
devbind_read_look(struct devbind *d, const char **at, bool is_old)
{
	for (size_t i = 0; i < d->devices.n; i++) {
		struct devbind_one *one = &d->results[i];
		const char *device = d->devices.v[i], *line = *at, *driver;
		size_t len = strlen(device), driver_len;

		if (strncmp(line, device, len) != 0 || line[len] != ' ')
			return devbind_fail(d, -ENODEV, "cannot read the driver of %s", device);
		driver = line + len + 1;
		driver_len = strcspn(driver, "\n");
		*at = driver + driver_len + (driver[driver_len] == '\n');
		if (driver_len == 1 && *driver == '?')
			return devbind_fail(d, -ENODEV, "no device %s on %s", device,
					    d->node->res.name);
		if (driver_len == 1 && *driver == '-')
			driver_len = 0;
		snprintf(is_old ? one->old_driver : one->new_driver, sizeof(one->old_driver),
			 "%.*s", (int)driver_len, driver);
	}
	return 0;
}

/* 0 where each device has the driver asked for. */
static int
devbind_judge(struct devbind *d, const char *look)
{
	if (devbind_read_look(d, &look, false) < 0)
		return -EIO;
	for (size_t i = 0; i < d->devices.n; i++) {
		const char *driver = d->results[i].new_driver;

		if (strcmp(driver, d->driver) != 0)
			return devbind_fail(
				d, -ENOTUNIQ,
				"%s reported success, but %s is bound to \"%s\", not \"%s\"",
				d->what, d->devices.v[i], driver, d->driver);
	}
	return 0;
}

static void
devbind_verify(struct devbind *d)
{
	int status = devbind_judge(d, d->run->out.data);

	devbind_forget_run(d);
	devbind_finish(d, status);
}

/* -EIO where the binding program failed; the error has `out` and its stderr. */
static int
devbind_exit(struct devbind *d, const char *out)
{
	const struct chan_exit *e = &d->run->exit;
	char how[64];

	if (e->exited && e->code == 0)
		return 0;
	chan_exit_words(e, how, sizeof(how));
	return devbind_fail(d, -EIO, "%s ended with %s: %s%s", d->what, how, out, d->run->err.data);
}

static void
devbind_ran(struct devbind *d)
{
	int rc = devbind_exit(d, d->run->out.data);

	devbind_forget_run(d);
	if (rc < 0)
		devbind_finish(d, rc);
	else
		devbind_look(d, devbind_verify);
}

/* The shell looked, bound and looked again. */
static void
devbind_ran_all(struct devbind *d)
{
	const char *at = d->run->out.data;
	int rc = devbind_read_look(d, &at, true);

	if (rc == 0)
		rc = devbind_exit(d, at);
	if (rc == 0)
		rc = devbind_judge(d, at);
	devbind_forget_run(d);
	devbind_finish(d, rc);
}

/* One script restores all: devices may have had different drivers. */
static void
restore_words(const struct devbind *d, struct argv *a)
{
	argv_add(a, "sh");
	argv_add(a, "-c");
	argv_add(a, "p=$1; shift; rc=0; while [ $# -gt 1 ]; do"
		    " if [ -n \"$2\" ]; then \"$p\" --bind=\"$2\" \"$1\"; else \"$p\" -u \"$1\"; fi"
		    " || rc=1; shift 2; done; exit $rc");
	argv_add(a, "devbind");
	argv_add(a, d->program);
	for (size_t i = 0; i < d->devices.n; i++) {
		argv_add(a, d->devices.v[i]);
		argv_add(a, d->results[i].old_driver);
	}
}

static void
devbind_bind(struct devbind *d)
{
	const char *look = d->run->out.data;
	int rc = devbind_read_look(d, &look, true);
	struct argv a = { 0 };

	devbind_forget_run(d);
	if (rc < 0) {
		devbind_finish(d, rc);
		return;
	}
	if (d->restore) {
		restore_words(d, &a);
		d->undo_id = d->node->ops->undo(d->node, a.v);
		argv_free(&a);
	}
	devbind_tool_argv(d->program, d->driver, &d->devices, &a);
	devbind_do(d, a.v, devbind_ran);
	argv_free(&a);
}

static void
devbind_restored(struct devbind *d)
{
	const struct chan_exit *e = &d->run->exit;

	/* the guard, or the node itself, tries again after a failure */
	if (e->exited && e->code == 0)
		d->node->ops->drop(d->node, d->undo_id);
	else
		scope_note_error("could not restore the devices' old drivers: %s",
				 d->run->err.data);
	devbind_forget_run(d);
	res_closed(&d->res);
}

static void
devbind_soft(struct res *r)
{
	struct devbind *d = (struct devbind *)r;
	struct argv a = { 0 };

	d->until = loop_now() + r->grace;
	restore_words(d, &a);
	devbind_do(d, a.v, devbind_restored);
	argv_free(&a);
}

static void
devbind_hard(struct res *r)
{
	res_closed(r);
}

static void
devbind_destroy(struct res *r)
{
	struct devbind *d = (struct devbind *)r;

	wait_cancel(&d->step, -ECANCELED);
	res_drop(&d->node->res);
	argv_free(&d->devices);
	free(d->program);
	free(d->driver);
	free(d->sysfs);
	free(d->error);
	free(d);
}

static const struct res_ops devbind_ops = {
	.kind = "binding", .soft = devbind_soft, .hard = devbind_hard, .destroy = devbind_destroy
};

static void
devbind_bind_all(struct devbind *d, const char *routes)
{
	struct argv a = { 0 };

	devbind_sysfs_argv(d->sysfs, routes, d->driver, &d->devices, &a);
	devbind_do(d, a.v, devbind_ran_all);
	argv_free(&a);
}

static void
devbind_forget(void *owner, struct wait *w)
{
	struct devbind *d = owner;

	(void)w;
	d->wait = NULL;
}

int
devbind_start(struct devbind **out, struct scope *s, struct node *n, const struct devbind_conf *c,
	      double seconds, struct wait *w)
{
	struct devbind *d;

	if (c->devices.n == 0 || c->devices.n > DEVBIND_MAX || (c->restore && c->program == NULL))
		return -EINVAL;
	d = xcalloc(1, sizeof(*d));
	d->node = n;
	res_hold(&n->res);
	d->scope = s;
	if (c->program != NULL)
		d->program = xstrdup(c->program);
	d->what = c->program != NULL ? d->program : "binding over sysfs";
	d->driver = xstrdup(c->driver);
	d->sysfs = xstrdup(c->sysfs);
	for (size_t i = 0; i < c->devices.n; i++)
		argv_add(&d->devices, c->devices.v[i]);
	d->restore = c->restore;
	d->wait = w;
	d->until = loop_now() + seconds;
	res_open(&d->res, &devbind_ops, s, c->devices.v[0], 20.0);
	/* restored at the end of the case, without an error there */
	d->res.detached = true;
	res_hold(&d->res);
	wait_arm(w, seconds + 0.1, devbind_forget, d);
	if (c->program != NULL)
		devbind_look(d, devbind_bind);
	else
		devbind_bind_all(d, c->routes);
	*out = d;
	return 0;
}
