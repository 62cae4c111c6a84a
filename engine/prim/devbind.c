/* devbind: bind devices to a driver, on any node. */
#include "prim/devbind.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/limits.h"
#include "prim/pci.h"

static void
devbind_finish(struct devbind *d, int status)
{
	struct wait *w = d->wait;
	/* then it has run its undos, or its machine has ended */
	bool is_node_gone = status == -ENOTCONN || d->node->is_gone;

	d->wait = NULL;
	/* the undo stays registered: the guard, or the node, tries again after our end */
	if (d->is_restoring && status < 0 && !is_node_gone)
		scope_note_error("could not restore the devices' old drivers: %s", d->error);
	/* nothing is left to restore, or never was: -ENODEV comes before any change */
	if (!d->restore || d->is_restoring || status == -ENODEV)
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
devbind_step_done(struct wait *w, int status)
{
	struct devbind *d = w->arg;
	struct run *run = d->run;

	if (status < 0)
		devbind_fail(d, status, "%s did not exit: %s", d->what, strerror(-status));
	else
		status = d->next(d, run);
	res_drop(&run->res);
	if (status <= 0)
		devbind_finish(d, status);
}

/* Runs a command; `next` gets its output. 1, or a negative errno. So does `next` return, or 0 at
 * the end. */
static int
devbind_do(struct devbind *d, void (*make_argv)(const struct devbind *d, struct argv *out),
	   int (*next)(struct devbind *d, const struct run *run))
{
	struct argv argv = { 0 };
	struct chan_spec spec = { 0 };
	double left = d->until - loop_now();
	int rc;

	make_argv(d, &argv);
	spec.argv = argv.v;
	d->next = next;
	d->step = (struct wait){ .done = devbind_step_done, .arg = d };
	rc = run_start(&d->run, d->scope, d->node, &spec, NULL, 0, left > 0 ? left : 0, &d->step);
	argv_free(&argv);
	return rc < 0 ? devbind_fail(d, rc, "%s: %s", d->what, limits_no_start(rc)) : 1;
}

/* The lines of a look from *at, which moves behind them. -ENODEV for a device that is missing. */
static int
devbind_read_look(struct devbind *d, const char **at, bool is_old)
{
	for (size_t i = 0; i < d->devices->n; i++) {
		struct devbind_one *one = &d->results[i];
		const char *device = d->names.v[i];
		char address[PCI_NAME_SIZE], driver[sizeof(one->old_driver)];
		int len = 0;

		if (sscanf(*at, "%23s %63s%n", address, driver, &len) != 2 ||
		    strcmp(address, device) != 0)
			return devbind_fail(d, -ENODEV, "cannot read the driver of %s", device);
		*at += len + ((*at)[len] == '\n');
		if (strcmp(driver, "?") == 0)
			return devbind_fail(d, -ENODEV, "no device %s on %s", device,
					    d->node->res.name);
		strcpy(is_old ? one->old_driver : one->new_driver,
		       strcmp(driver, "-") == 0 ? "" : driver);
	}
	return 0;
}

/* -EIO where the command failed; the error has `out` and its stderr. -ENOENT where the shell found
 * no program. */
static int
devbind_exit(struct devbind *d, const struct run *run, const char *out)
{
	const struct chan_exit *e = &run->exit;
	char how[64];

	if (e->exited && e->code == 0)
		return 0;
	chan_exit_words(e, how, sizeof(how));
	return devbind_fail(d, e->exited && e->code == 127 ? -ENOENT : -EIO,
			    "%s ended with %s: %s%s", d->what, how, out, run->err.data);
}

/* The shell looked, bound and looked again: 0 where each device has the driver asked for. */
static int
devbind_bound(struct devbind *d, const struct run *run)
{
	const char *want = prim_text(&d->values, "driver"), *at = run->out.data;
	int rc = devbind_read_look(d, &at, true);

	if (rc == 0)
		rc = devbind_exit(d, run, at);
	if (rc < 0)
		return rc;
	if (devbind_read_look(d, &at, false) < 0)
		return -EIO;
	for (size_t i = 0; i < d->devices->n; i++) {
		const char *driver = d->results[i].new_driver;

		if (strcmp(driver, want) != 0)
			return devbind_fail(
				d, -ENOTUNIQ,
				"%s reported success, but %s is bound to \"%s\", not \"%s\"",
				d->what, d->names.v[i], driver, want);
	}
	return 0;
}

static int
devbind_looked(struct devbind *d, const struct run *run)
{
	const char *at = run->out.data;
	int rc = devbind_read_look(d, &at, true);
	struct argv argv = { 0 };

	if (rc < 0)
		return rc;
	devbind_restore_argv(d, &argv);
	d->undo_id = d->node->ops->undo(d->node, argv.v);
	argv_free(&argv);
	d->restore = true;
	d->what = prim_text(&d->values, "program");
	return devbind_do(d, devbind_bind_argv, devbind_bound);
}

static int
devbind_restored(struct devbind *d, const struct run *run)
{
	int rc = devbind_exit(d, run, run->out.data);

	if (rc == 0)
		d->node->ops->drop(d->node, d->undo_id);
	return rc;
}

/* The command under way is killed. A restore is noted: it did not finish. */
static void
devbind_hard(struct res *r)
{
	struct devbind *d = (struct devbind *)r;

	res_hold(r);
	wait_cancel(&d->step, d->is_restoring ? -ETIMEDOUT : -ECANCELED);
	res_closed(r);
	res_drop(r);
}

static void
devbind_soft(struct res *r)
{
	struct devbind *d = (struct devbind *)r;
	int rc;

	if (!d->restore) {
		devbind_hard(r);
		return;
	}
	/* a bind that hangs in the kernel may be under way still */
	wait_cancel(&d->step, -ECANCELED);
	d->until = loop_now() + r->grace;
	d->is_restoring = true;
	rc = devbind_do(d, devbind_restore_argv, devbind_restored);
	if (rc < 0)
		devbind_finish(d, rc);
}

static void
devbind_destroy(struct res *r)
{
	struct devbind *d = (struct devbind *)r;

	res_drop(&d->node->res);
	prim_free(&d->values);
	argv_free(&d->names);
	free(d->error);
	free(d);
}

static const struct res_ops devbind_ops = {
	.kind = "binding", .soft = devbind_soft, .hard = devbind_hard, .destroy = devbind_destroy
};

static void
devbind_forget(void *owner, struct wait *w)
{
	struct devbind *d = owner;

	(void)w;
	d->wait = NULL;
}

static bool
all_names(const struct argv *devices, struct argv *out)
{
	char name[PCI_NAME_SIZE];

	for (size_t i = 0; i < devices->n; i++) {
		if (!pci_name(devices->v[i], name))
			return false;
		argv_add(out, name);
	}
	return true;
}

int
devbind_start(struct devbind **out, struct scope *s, struct node *n, struct prim_values *values,
	      struct wait *w)
{
	const char *program = prim_text(values, "program");
	const struct argv *devices = &prim_value(values, "devices")->words;
	double seconds = prim_value(values, "timeout")->number;
	bool restore = prim_is(values, "restore");
	struct argv names = { 0 };
	struct devbind *d;
	int rc;

	if (devices->n == 0 || devices->n > DEVBIND_MAX || (restore && program == NULL) ||
	    !all_names(devices, &names)) {
		argv_free(&names);
		prim_free(values);
		return -EINVAL;
	}
	d = *out = xcalloc(1, sizeof(*d));
	d->node = n;
	res_hold(&n->res);
	d->scope = s;
	d->values = *values;
	d->names = names;
	d->devices = &prim_value(&d->values, "devices")->words;
	d->what = restore           ? "reading drivers from sysfs"
		  : program != NULL ? program
				    : "binding over sysfs";
	d->wait = w;
	d->until = loop_now() + seconds;
	res_open(&d->res, &devbind_ops, s, d->devices->v[0], 20.0);
	/* restored at the end of the case, without an error there */
	d->res.detached = true;
	res_hold(&d->res);
	wait_arm(w, seconds + 0.1, devbind_forget, d);
	rc = restore ? devbind_do(d, devbind_look_argv, devbind_looked)
		     : devbind_do(d, devbind_bind_argv, devbind_bound);
	if (rc < 0)
		devbind_finish(d, rc);
	return 0;
}
