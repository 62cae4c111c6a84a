/* devbind: bind devices to a driver with dpdk-devbind.py, on any node. */
#include "devbind.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

struct devbind {
	struct res res;
	struct node *node;
	struct scope *scope;
	char *program, *driver, *sysfs;
	struct argv devices;
	struct devbind_one results[DEVBIND_MAX];
	bool restore;
	int undo_id;
	struct run *run;
	struct wait step;  /* of the command under way */
	struct wait *wait; /* the caller's */
	double until;
	void (*next)(struct devbind *d);
	char *error;
};

/* $1 sysfs, then addresses: one line "ADDRESS DRIVER" each, "-" for none. */
static const char look_script[] =
	"s=$1; shift; for d; do"
	" [ -e \"$s/bus/pci/devices/$d\" ] || { echo \"$d ?\"; continue; };"
	" l=$(readlink \"$s/bus/pci/devices/$d/driver\") || l=-;"
	" echo \"$d ${l##*/}\"; done";

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
	/* with nothing to give back there is nothing to own */
	if (!d->restore || status == -ENODEV)
		res_closed(&d->res);
	if (w != NULL)
		wait_end(w, status);
}

static void
devbind_step_done(struct wait *w, int status)
{
	struct devbind *d = w->arg;

	if (status < 0) {
		free(d->error);
		d->error = xsprintf("%s did not end: %s", d->program, strerror(-status));
		run_drop(d->run);
		d->run = NULL;
		devbind_finish(d, status);
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
	if (rc < 0) {
		free(d->error);
		d->error = xsprintf("%s: %s", argv[0], strerror(-rc));
		devbind_finish(d, rc);
	}
}

static void
devbind_look(struct devbind *d, void (*next)(struct devbind *d))
{
	struct argv a = { 0 };

	argv_add(&a, "sh");
	argv_add(&a, "-c");
	argv_add(&a, look_script);
	argv_add(&a, "devbind");
	argv_add(&a, d->sysfs);
	for (size_t i = 0; i < d->devices.n; i++)
		argv_add(&a, d->devices.v[i]);
	devbind_do(d, a.v, next);
	argv_free(&a);
}

/* The lines of look_script; false and an error for one that is missing. */
static bool
devbind_read_look(struct devbind *d, bool is_old)
{
	char *save = NULL, *text = xstrdup(run_out(d->run)->data);
	char *line = strtok_r(text, "\n", &save);
	bool ok = true;

	for (size_t i = 0; ok && i < d->devices.n; i++, line = strtok_r(NULL, "\n", &save)) {
		char *out = is_old ? d->results[i].old_driver : d->results[i].new_driver;
		size_t len = strlen(d->devices.v[i]);

		ok = line != NULL && strncmp(line, d->devices.v[i], len) == 0 && line[len] == ' ';
		if (!ok) {
			free(d->error);
			d->error = xsprintf("cannot read the driver of %s", d->devices.v[i]);
			break;
		}
		if (strcmp(line + len + 1, "?") == 0) {
			free(d->error);
			d->error =
				xsprintf("no device %s on %s", d->devices.v[i], d->node->res.name);
			ok = false;
		}
		snprintf(out, sizeof(d->results[i].old_driver), "%s",
			 strcmp(line + len + 1, "-") == 0 ? "" : line + len + 1);
	}
	free(text);
	run_drop(d->run);
	d->run = NULL;
	return ok;
}

static void
devbind_verify(struct devbind *d)
{
	if (!devbind_read_look(d, false)) {
		devbind_finish(d, -EIO);
		return;
	}
	for (size_t i = 0; i < d->devices.n; i++) {
		if (strcmp(d->results[i].new_driver, d->driver) == 0)
			continue;
		free(d->error);
		d->error =
			xsprintf("%s reported success, but %s is bound to \"%s\", not \"%s\"",
				 d->program, d->devices.v[i], d->results[i].new_driver, d->driver);
		devbind_finish(d, -ENOTUNIQ);
		return;
	}
	devbind_finish(d, 0);
}

static void
devbind_ran(struct devbind *d)
{
	const struct chan_exit *e = run_exit(d->run);

	if (!e->exited || e->code != 0) {
		free(d->error);
		d->error = xsprintf("%s ended with %s %d: %s%s", d->program,
				    e->exited ? "exit status" : "signal",
				    e->exited ? e->code : e->signal, run_out(d->run)->data,
				    run_err(d->run)->data);
		run_drop(d->run);
		d->run = NULL;
		devbind_finish(d, -EIO);
		return;
	}
	run_drop(d->run);
	d->run = NULL;
	devbind_look(d, devbind_verify);
}

static void
bind_words(const struct devbind *d, const char *driver, struct argv *a)
{
	argv_add(a, d->program);
	argv_printf(a, "--bind=%s", driver);
	for (size_t i = 0; i < d->devices.n; i++)
		argv_add(a, d->devices.v[i]);
}

/* One script gives all back: devices may have had different drivers. */
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
	struct argv a = { 0 };

	if (!devbind_read_look(d, true)) {
		devbind_finish(d, -ENODEV);
		return;
	}
	if (d->restore) {
		restore_words(d, &a);
		d->undo_id = d->node->ops->undo(d->node, a.v);
		argv_free(&a);
	}
	bind_words(d, d->driver, &a);
	devbind_do(d, a.v, devbind_ran);
	argv_free(&a);
}

static void
devbind_restored(struct devbind *d)
{
	const struct chan_exit *e = run_exit(d->run);

	/* the guard, or the node itself, tries once more where we failed */
	if (e->exited && e->code == 0)
		d->node->ops->drop(d->node, d->undo_id);
	else
		scope_trouble("could not give devices their old drivers back: %s",
			      run_err(d->run)->data);
	run_drop(d->run);
	d->run = NULL;
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

	if (c->devices.n == 0 || c->devices.n > DEVBIND_MAX)
		return -EINVAL;
	d = xcalloc(1, sizeof(*d));
	d->node = n;
	res_hold(&n->res);
	d->scope = s;
	d->program = xstrdup(c->program);
	d->driver = xstrdup(c->driver);
	d->sysfs = xstrdup(c->sysfs);
	for (size_t i = 0; i < c->devices.n; i++)
		argv_add(&d->devices, c->devices.v[i]);
	d->restore = c->restore;
	d->wait = w;
	d->until = loop_now() + seconds;
	res_open(&d->res, &devbind_ops, s, c->devices.v[0], 20.0);
	/* given back at the end of the case, and no error there */
	d->res.detached = true;
	res_hold(&d->res);
	wait_arm(w, seconds + 0.1, devbind_forget, d);
	devbind_look(d, devbind_bind);
	*out = d;
	return 0;
}

const struct devbind_one *
devbind_results(const struct devbind *d)
{
	return d->results;
}

const char *
devbind_error(const struct devbind *d)
{
	return d->error;
}

struct res *
devbind_res(struct devbind *d)
{
	return &d->res;
}
