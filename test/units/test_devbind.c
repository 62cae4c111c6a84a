/* test_devbind: binding against a fake devbind, and over a fake sysfs. */
#include "units/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guard/guard.h"
#include "prim/devbind.h"
#include "prim/pci.h"
#include "prim/prims.h"

#define SECONDS 60.0

static void
pci_addresses(void **state)
{
	static const char *const good[][2] = {
		{ "0000:00:05.0", "0000:00:05.0" },
		{ "ffff:ff:1f.7", "ffff:ff:1f.7" },
		{ "0000:AF:00.1", "0000:af:00.1" },
		{ "05:00.0", "0000:05:00.0" },
		{ "5:0.0", "0000:05:00.0" },
		{ "0:5:0.0", "0000:05:00.0" },
		{ "10000:01:00.0", "10000:01:00.0" },
		{ "FFFFFFFF:FF:1F.7", "ffffffff:ff:1f.7" },
		{ "00000000:05:00.0", "0000:05:00.0" },
	};
	static const char *const bad[] = { "",
					   "05.0",
					   "00:20.0",
					   "0000:00:000.0",
					   "100000000:00:05.0",
					   "0:0000:00:05.0",
					   ":00:05.0",
					   "pci:0000:00:05.0",
					   "0x00:05.0",
					   "-1:05.0",
					   "00: 5.0",
					   "0000:00:05.8",
					   "0000:00:05",
					   "0000:00:05.00",
					   "0000:00:0g.0",
					   "0000-00:05.0",
					   " 0000:00:05.0",
					   "0000:00:05.0\n",
					   "0000:00:05.0;id",
					   "$(id):00:05.0",
					   "--bind=x:00.0",
					   "eth0" };

	char name[PCI_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(pci_name(good[i][0], name));
		assert_string_equal(name, good[i][1]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(pci_name(bad[i], name));
}

#define FIRST  "0000:00:05.0"
#define SECOND "0000:00:06.0"

/* Writes to sysfs as dpdk-devbind.py does, or fails, or only reports success. */
static const char fake[] =
	"#!/bin/sh\n"
	"d=$FAKE_SYSFS/bus/pci/devices\n"
	"echo \"$*\" >>\"$FAKE_SYSFS/calls\"\n"
	"case $(cat \"$FAKE_SYSFS/mode\") in\n"
	"fail) echo 'Error: Driver is not loaded' >&2; exit 1;;\n"
	"lie) exit 0;;\n"
	"hang) exec sleep 1000;;\n"
	"esac\n"
	"case $1 in\n"
	"--bind=*) drv=${1#--bind=}; shift; for a; do rm -f \"$d/$a/driver\"; ln -s \"../../drivers/$drv\" \"$d/$a/driver\"; done;;\n"
	"-u) rm -f \"$d/$2/driver\";;\n"
	"*) exit 2;;\n"
	"esac\n";

/* What a test changes before it starts a binding. */
struct conf {
	const char *program, *driver, *sysfs, *routes;
	bool restore;
	struct node *node; /* NULL: this machine */
	struct argv devices;
};

static struct conf conf;

static void
mode(const char *text)
{
	lab_write(lab_path("mode"), text);
}

static void
make_devices(void)
{
	static const char *const folders[] = { "bus",
					       "bus/pci",
					       "bus/pci/devices",
					       "bus/pci/devices/" FIRST,
					       "bus/pci/devices/" SECOND,
					       "bus/pci/drivers",
					       "bus/pci/drivers/virtio-pci",
					       "bus/pci/drivers/vfio-pci" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_int_equal(mkdir(lab_path(folders[i]), 0700), 0);
	assert_int_equal(
		symlink("../../drivers/virtio-pci", lab_path("bus/pci/devices/" FIRST "/driver")),
		0);
	lab_write(lab_path("devbind"), fake);
	assert_int_equal(chmod(lab_path("devbind"), 0700), 0);
	mode("work");
	assert_int_equal(setenv("FAKE_SYSFS", lab_path("."), 1), 0);
	lab_write(lab_path("routes"), "Iface\tDestination\tGateway\n"
				      "eth0\t00000000\t0202000A\n"
				      "eth1\t0000FEA9\t00000000\n");
	conf = (struct conf){ .program = lab_path("devbind"),
			      .driver = "vfio-pci",
			      .sysfs = lab_path("."),
			      .routes = lab_path("routes") };
	argv_add(&conf.devices, FIRST);
	argv_add(&conf.devices, SECOND);
}

static void
link_driver(const char *link, const char *target)
{
	unlink(link);
	if (target != NULL && symlink(target, link) < 0)
		abort();
}

/* "" for none. */
static void
driver_is(const char *device, const char *want)
{
	char *path = xsprintf("bus/pci/devices/%s/driver", device), to[128];
	ssize_t n = readlink(lab_path(path), to, sizeof(to) - 1);

	to[n > 0 ? n : 0] = '\0';
	assert_string_equal(n > 0 ? strrchr(to, '/') + 1 : "", want);
	free(path);
}

/* A node whose programs may hang, and that may be gone. */
static struct {
	struct node node;
	bool hangs, refuses;
} guest;

static int
guest_spawn(struct node *n, struct chan **out, const struct chan_spec *spec)
{
	static char *const argv[] = { "sleep", "1000", NULL };
	struct chan_spec hanging = { .argv = argv };

	(void)n;
	return guest.refuses ? -ENOTCONN : chan_spawn(out, guest.hangs ? &hanging : spec);
}

static int
guest_undo(struct node *n, char *const *argv)
{
	(void)n;
	(void)argv;
	return 0;
}

static void
guest_drop(struct node *n, int id)
{
	(void)n;
	(void)id;
}

static void
guest_stay(struct res *r)
{
	(void)r;
}

static struct node *
make_guest(void)
{
	static const struct node_ops ops = { .spawn = guest_spawn,
					     .undo = guest_undo,
					     .drop = guest_drop };
	static const struct res_ops res_ops = { .kind = "node",
						.hard = guest_stay,
						.destroy = guest_stay };

	memset(&guest, 0, sizeof(guest));
	guest.node.ops = &ops;
	res_open(&guest.node.res, &res_ops, NULL, "guest", 0);
	return &guest.node;
}

/* The command under way has no end that is known. */
static void
lose_command(struct devbind *d)
{
	d->run->chan->exit.lost = true;
	chan_end(d->run->chan);
}

static void
close_scope(struct devbind *d)
{
	(void)d;
	lab_close();
}

static void
close_it(struct devbind *d)
{
	struct wait *w = drive_new();

	res_await(&d->res, w, SECONDS);
	res_close(&d->res);
	drive_wait(w);
}

/* What `act` prints on stderr: so does scope_note_error. */
static char *
prints(void (*act)(struct devbind *d), struct devbind *d)
{
	const char *path = lab_path("printed");
	int to = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);

	assert_true(dup2(to, STDERR_FILENO) == STDERR_FILENO);
	act(d);
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(to);
	return lab_read(path);
}

static void
prints_nothing(void (*act)(struct devbind *d), struct devbind *d)
{
	char *printed = prints(act, d);

	assert_string_equal(printed, "");
	free(printed);
}

static int
start(struct devbind **d, double seconds, struct wait *w)
{
	struct prim_values values;

	prim_init(&values, &devbind_prim);
	if (conf.program != NULL)
		prim_set(&values, "program", conf.program);
	prim_set(&values, "driver", conf.driver);
	prim_set(&values, "sysfs", conf.sysfs);
	prim_set(&values, "routes", conf.routes);
	prim_set_bool(&values, "restore", conf.restore);
	prim_set_number(&values, "timeout", seconds);
	for (size_t i = 0; i < conf.devices.n; i++)
		prim_add(&values, "devices", conf.devices.v[i]);
	return devbind_start(d, lab_scope(), conf.node != NULL ? conf.node : node_here(), &values,
			     w);
}

static int
bind_now(struct devbind **d, double seconds)
{
	struct wait *w = drive_new();

	assert_int_equal(start(d, seconds, w), 0);
	return drive_wait(w);
}

static void
forget(void)
{
	argv_free(&conf.devices);
	unsetenv("FAKE_SYSFS");
}

static void
let_go(struct devbind *d)
{
	res_drop(&d->res);
	forget();
}

/* Both devices are bound, to be restored at the end; `is_guests`: in a guest. */
static struct devbind *
bound(bool is_guests)
{
	struct devbind *d;

	make_devices();
	conf.restore = true;
	if (is_guests)
		conf.node = make_guest();
	assert_int_equal(bind_now(&d, SECONDS), 0);
	return d;
}

static void
devices_are_bound_and_given_back(void **state)
{
	struct devbind *d;
	char *calls;

	(void)state;
	d = bound(false);
	assert_string_equal(d->results[0].old_driver, "virtio-pci");
	assert_string_equal(d->results[0].new_driver, "vfio-pci");
	assert_string_equal(d->results[1].old_driver, "");
	assert_string_equal(d->results[1].new_driver, "vfio-pci");
	driver_is(FIRST, "vfio-pci");
	driver_is(SECOND, "vfio-pci");
	assert_int_equal(d->res.state, RES_OPEN);
	lab_close();
	assert_int_equal(d->res.state, RES_CLOSED);
	driver_is(FIRST, "virtio-pci");
	driver_is(SECOND, "");
	calls = lab_read(lab_path("calls"));
	assert_string_equal(calls, "--bind=vfio-pci " FIRST " " SECOND "\n"
				   "--bind=virtio-pci " FIRST "\n"
				   "-u " SECOND "\n");
	free(calls);
	let_go(d);
}

static void
a_restore_that_fails_is_an_error(void **state)
{
	struct devbind *d;

	(void)state;
	d = bound(false);
	mode("fail");
	lab_close();
	assert_int_equal(d->res.state, RES_CLOSED);
	assert_non_null(strstr(d->error, "exit status 1"));
	assert_non_null(strstr(d->error, "Driver is not loaded"));
	assert_non_null(strstr(scope_first_error(), d->error));
	let_go(d);
}

/* Nobody but its scope holds it, as in a case. */
static void
a_restore_that_hangs_is_an_error(void **state)
{
	struct devbind *d;
	char *printed;

	(void)state;
	d = bound(false);
	mode("hang");
	d->res.grace = 0.3;
	res_drop(&d->res);
	printed = prints(close_scope, NULL);
	assert_non_null(strstr(printed, "could not restore the devices' old drivers"));
	assert_non_null(strstr(printed, "devbind did not exit"));
	free(printed);
	forget();
}

/* A scope closes the command first, but may have to leave one that hangs in the kernel. */
static void
a_bind_under_way_ends_before_its_restore(void **state)
{
	struct wait *w = drive_new();
	struct devbind *d;

	(void)state;
	make_devices();
	conf.restore = true;
	mode("hang");
	assert_int_equal(start(&d, 3, w), 0);
	lab_await_file(lab_path("calls"));
	mode("work");
	link_driver(lab_path("bus/pci/devices/" SECOND "/driver"), "../../drivers/vfio-pci");
	prints_nothing(close_it, d);
	assert_int_equal(drive_wait(w), -ECANCELED);
	assert_int_equal(d->res.state, RES_CLOSED);
	driver_is(FIRST, "virtio-pci");
	driver_is(SECOND, "");
	let_go(d);
}

static void
a_permanent_bind_under_way_ends_at_its_close(void **state)
{
	struct wait *w = drive_new();
	struct devbind *d;

	(void)state;
	make_devices();
	mode("hang");
	assert_int_equal(start(&d, 3, w), 0);
	lab_await_file(lab_path("calls"));
	mode("work");
	prints_nothing(close_it, d);
	assert_int_equal(d->res.state, RES_CLOSED);
	assert_int_equal(drive_wait(w), -ECANCELED);
	driver_is(FIRST, "virtio-pci");
	let_go(d);
}

/* Its own undo restores the drivers, or its machine has ended. */
static void
a_node_that_is_gone_is_no_error(void **state)
{
	struct devbind *d;

	(void)state;
	d = bound(true);
	guest.refuses = true;
	prints_nothing(close_scope, d);
	assert_int_equal(d->res.state, RES_CLOSED);
	let_go(d);
}

/* The same where the loop learns of its end after the restore has started. */
static void
a_node_that_goes_during_a_restore_is_no_error(void **state)
{
	struct devbind *d;

	(void)state;
	d = bound(true);
	guest.hangs = true;
	res_close(&d->res);
	guest.node.is_gone = true;
	prints_nothing(lose_command, d);
	assert_int_equal(d->res.state, RES_CLOSED);
	let_go(d);
}

/* Only the command is lost: its node refused a channel. */
static void
a_restore_that_is_lost_is_an_error(void **state)
{
	struct devbind *d;
	char *printed;

	(void)state;
	d = bound(true);
	guest.hangs = true;
	res_close(&d->res);
	printed = prints(lose_command, d);
	assert_non_null(strstr(printed, "could not restore the devices' old drivers"));
	free(printed);
	assert_int_equal(d->res.state, RES_CLOSED);
	let_go(d);
}

/* Nothing was changed, and no old driver is known: none may be unbound. */
static void
nothing_is_restored(struct devbind *d)
{
	assert_int_equal(d->res.state, RES_CLOSED);
	guest.hangs = false;
	prints_nothing(close_scope, d);
	assert_false(lab_exists(lab_path("calls")));
	driver_is(FIRST, "virtio-pci");
	assert_non_null(strstr(d->error, "reading drivers from sysfs did not exit"));
	assert_null(strstr(d->error, conf.program));
	let_go(d);
}

static void
a_look_that_hangs_leaves_nothing_to_restore(void **state)
{
	struct devbind *d;

	(void)state;
	make_devices();
	conf.restore = true;
	conf.node = make_guest();
	guest.hangs = true;
	assert_int_equal(bind_now(&d, 0.5), -ETIMEDOUT);
	nothing_is_restored(d);
}

static void
a_look_that_is_lost_leaves_nothing_to_restore(void **state)
{
	struct wait *w = drive_new();
	struct devbind *d;

	(void)state;
	make_devices();
	conf.restore = true;
	conf.node = make_guest();
	guest.hangs = true;
	assert_int_equal(start(&d, SECONDS, w), 0);
	lose_command(d);
	assert_int_equal(drive_wait(w), -EPIPE);
	nothing_is_restored(d);
}

static void
a_permanent_bind_stays(void **state)
{
	struct devbind *d;

	(void)state;
	make_devices();
	assert_int_equal(bind_now(&d, SECONDS), 0);
	/* nothing to give back: nothing is owned */
	assert_int_equal(d->res.state, RES_CLOSED);
	lab_close();
	driver_is(FIRST, "vfio-pci");
	let_go(d);
}

static void
a_tool_that_fails_is_an_error(void **state)
{
	struct devbind *d;

	(void)state;
	make_devices();
	mode("fail");
	assert_int_equal(bind_now(&d, SECONDS), -EIO);
	assert_non_null(strstr(d->error, "exit status 1"));
	assert_non_null(strstr(d->error, "Driver is not loaded"));
	driver_is(FIRST, "virtio-pci");
	let_go(d);
}

static void
a_tool_that_did_nothing_is_an_error(void **state)
{
	struct devbind *d;

	(void)state;
	make_devices();
	mode("lie");
	assert_int_equal(bind_now(&d, SECONDS), -ENOTUNIQ);
	assert_non_null(strstr(d->error, "reported success"));
	assert_non_null(strstr(d->error, FIRST));
	assert_non_null(strstr(d->error, "virtio-pci"));
	let_go(d);
}

static void
an_absent_device_is_an_error(void **state)
{
	struct devbind *d;

	(void)state;
	make_devices();
	conf.restore = true;
	argv_add(&conf.devices, "0000:00:07.0");
	assert_int_equal(bind_now(&d, SECONDS), -ENODEV);
	assert_non_null(strstr(d->error, "no device 0000:00:07.0"));
	/* nothing was begun */
	assert_false(lab_exists(lab_path("calls")));
	assert_int_equal(d->res.state, RES_CLOSED);
	let_go(d);
}

static void
an_absent_tool_is_an_error(void **state)
{
	struct devbind *d;

	(void)state;
	make_devices();
	conf.program = "moonrig-no-such-devbind";
	assert_int_equal(bind_now(&d, SECONDS), -ENOENT);
	assert_non_null(strstr(d->error, "moonrig-no-such-devbind: not found"));
	let_go(d);
}

/* From the folder where the node starts programs, and not from sysfs, where the shell looked. */
static void
a_tool_may_have_a_relative_path(void **state)
{
	char *folder = getcwd(NULL, 0);
	struct devbind *d;
	int status;

	(void)state;
	make_devices();
	conf.program = "./devbind";
	assert_int_equal(chdir(lab_path(".")), 0);
	status = bind_now(&d, SECONDS);
	assert_int_equal(chdir(folder), 0);
	free(folder);
	assert_int_equal(status, 0);
	driver_is(FIRST, "vfio-pci");
	let_go(d);
}

static void
a_tool_that_hangs_times_out(void **state)
{
	struct devbind *d;

	(void)state;
	make_devices();
	mode("hang");
	assert_int_equal(bind_now(&d, 0.5), -ETIMEDOUT);
	assert_non_null(strstr(d->error, "did not exit"));
	let_go(d);
}

static void
no_device_or_too_many_are_refused(void **state)
{
	struct devbind *d = NULL;
	struct wait *w = drive_new();

	(void)state;
	make_devices();
	/* giving back needs a program */
	conf.program = NULL;
	conf.restore = true;
	assert_int_equal(start(&d, 1, w), -EINVAL);
	conf.restore = false;
	argv_free(&conf.devices);
	assert_int_equal(start(&d, 1, w), -EINVAL);
	for (int i = 0; i < DEVBIND_MAX + 1; i++)
		argv_add(&conf.devices, FIRST);
	assert_int_equal(start(&d, 1, w), -EINVAL);
	argv_free(&conf.devices);
	unsetenv("FAKE_SYSFS");
	free(w);
}

static void
the_guard_gives_devices_back(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	make_devices();
	conf.restore = true;
	pid = fork();
	if (pid == 0) {
		struct devbind *d;

		alarm(0);
		if (guard_start(NULL) < 0 || bind_now(&d, SECONDS) != 0)
			_exit(1);
		lab_write(lab_path("bound"), "yes\n");
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 128 + SIGKILL);
	assert_true(lab_exists(lab_path("bound")));
	driver_is(FIRST, "virtio-pci");
	driver_is(SECOND, "");
	argv_free(&conf.devices);
	unsetenv("FAKE_SYSFS");
}

/* ---- over sysfs ---- */

#define PCI(path)        "bus/pci/" path
#define OVERRIDE(device) PCI("devices/" device "/driver_override")
#define UNBIND(driver)   PCI("drivers/" driver "/unbind")
#define BIND(driver)     PCI("drivers/" driver "/bind")
#define VIRTIO           "virtio-pci"
#define VFIO             "vfio-pci"

/* What is expected to be written to sysfs, and the driver ("" for none, NULL: as
 * it is) that the device then has. */
struct written {
	const char *file, *text, *device, *driver;
};

/* The kernel's side: each file is a FIFO, so that a write goes on when the one
 * before it has had its effect. */
struct kernel {
	const struct written *wanted;
	size_t n, done;
	const char *paths[16], *links[16];
	char *targets[16];
	pthread_t thread;
};

static struct kernel kernel;

static void *
kernel_main(void *arg)
{
	struct kernel *k = arg;

	for (; k->done < k->n; k->done++) {
		const struct written *w = &k->wanted[k->done];
		char text[128] = "";
		ssize_t n, len = 0;
		int fd = open(k->paths[k->done], O_RDONLY | O_CLOEXEC);

		while ((n = read(fd, text + len, sizeof(text) - 1 - (size_t)len)) > 0)
			len += n;
		close(fd);
		text[strcspn(text, "\n")] = '\0';
		if (strcmp(text, w->text) != 0)
			break;
		if (w->driver != NULL)
			link_driver(k->links[k->done], k->targets[k->done]);
	}
	return NULL;
}

static void
kernel_start(const struct written *wanted, size_t n)
{
	struct kernel *k = &kernel;

	*k = (struct kernel){ .wanted = wanted, .n = n };
	for (size_t i = 0; i < n; i++) {
		const struct written *w = &wanted[i];

		k->paths[i] = lab_path(w->file);
		if (!lab_exists(k->paths[i]))
			assert_int_equal(mkfifo(k->paths[i], 0600), 0);
		if (w->driver != NULL) {
			char *link = xsprintf(PCI("devices/%s/driver"), w->device);

			k->links[i] = lab_path(link);
			free(link);
			if (w->driver[0] != '\0')
				k->targets[i] = xsprintf("../../drivers/%s", w->driver);
		}
	}
	assert_int_equal(pthread_create(&k->thread, NULL, kernel_main, k), 0);
}

/* All was written, in that order. */
static void
kernel_end(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 10;
	assert_int_equal(pthread_timedjoin_np(kernel.thread, NULL, &until), 0);
	assert_int_equal(kernel.done, kernel.n);
	for (size_t i = 0; i < kernel.n; i++)
		free(kernel.targets[i]);
}

static void
make_sysfs(void)
{
	make_devices();
	conf.program = NULL;
}

/* Takes what is written and does nothing ("/dev/null"), or refuses it ("/dev/full"). */
static void
sink(const char *file, const char *to)
{
	assert_int_equal(symlink(to, lab_path(file)), 0);
}

static void
file_is(const char *file, const char *want)
{
	char *text = lab_read(lab_path(file));

	assert_string_equal(text != NULL ? text : "(none)", want);
	free(text);
}

/* Binding ends with `status`, and its error contains each of these. */
static void
fails_with(int status, const char *text, const char *also)
{
	struct devbind *d;

	assert_int_equal(bind_now(&d, SECONDS), status);
	assert_non_null(strstr(d->error, text));
	assert_non_null(strstr(d->error, also));
	assert_int_equal(d->res.state, RES_CLOSED);
	res_drop(&d->res);
}

static void
over_sysfs_all_at_once(void **state)
{
	static const struct written wanted[] = {
		{ UNBIND(VIRTIO), FIRST, FIRST, "" },   { OVERRIDE(FIRST), VFIO, NULL, NULL },
		{ BIND(VFIO), FIRST, FIRST, VFIO },     { OVERRIDE(FIRST), "", NULL, NULL },
		{ OVERRIDE(SECOND), VFIO, NULL, NULL }, { BIND(VFIO), SECOND, SECOND, VFIO },
		{ OVERRIDE(SECOND), "", NULL, NULL },
	};
	struct devbind *d;

	(void)state;
	make_sysfs();
	kernel_start(wanted, sizeof(wanted) / sizeof(wanted[0]));
	assert_int_equal(bind_now(&d, SECONDS), 0);
	kernel_end();
	assert_string_equal(d->results[0].old_driver, VIRTIO);
	assert_string_equal(d->results[0].new_driver, VFIO);
	assert_string_equal(d->results[1].old_driver, "");
	assert_string_equal(d->results[1].new_driver, VFIO);
	assert_int_equal(d->res.state, RES_CLOSED);
	let_go(d);
}

/* It matches its devices itself; an override that was left would keep it away. */
static void
over_sysfs_to_the_kernels_driver(void **state)
{
	static const struct written wanted[] = {
		{ UNBIND(VFIO), FIRST, FIRST, "" },
		{ OVERRIDE(FIRST), "", NULL, NULL },
		{ BIND(VIRTIO), FIRST, FIRST, VIRTIO },
		{ OVERRIDE(FIRST), "", NULL, NULL },
	};
	struct devbind *d;

	(void)state;
	make_sysfs();
	argv_free(&conf.devices);
	argv_add(&conf.devices, FIRST);
	link_driver(lab_path(PCI("devices/" FIRST "/driver")), "../../drivers/" VFIO);
	conf.driver = VIRTIO;
	kernel_start(wanted, sizeof(wanted) / sizeof(wanted[0]));
	assert_int_equal(bind_now(&d, SECONDS), 0);
	kernel_end();
	assert_string_equal(d->results[0].old_driver, VFIO);
	let_go(d);
}

static void
make_interface(const char *folder, const char *net)
{
	char *path = xsprintf("%s/%s", folder, net);

	for (char *at = strchr(path, '/'); at != NULL; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (!lab_exists(lab_path(path)))
			assert_int_equal(mkdir(lab_path(path), 0700), 0);
		*at = '/';
	}
	assert_int_equal(mkdir(lab_path(path), 0700), 0);
	free(path);
}

static void
a_bound_device_is_left_alone(void **state)
{
	struct devbind *d;

	(void)state;
	make_sysfs();
	argv_free(&conf.devices);
	argv_add(&conf.devices, FIRST);
	conf.driver = VIRTIO;
	/* also in use: it stays */
	make_interface(PCI("devices/" FIRST), "virtio0/net/eth0");
	assert_int_equal(bind_now(&d, SECONDS), 0);
	assert_string_equal(d->results[0].old_driver, VIRTIO);
	assert_string_equal(d->results[0].new_driver, VIRTIO);
	assert_false(lab_exists(lab_path(OVERRIDE(FIRST))));
	assert_false(lab_exists(lab_path(UNBIND(VIRTIO))));
	assert_false(lab_exists(lab_path(BIND(VIRTIO))));
	let_go(d);
}

/* All writes succeed, and one of them does nothing. */
static void
a_second_device_that_stays_unbound_is_an_error(void **state)
{
	static const struct written wanted[] = {
		{ UNBIND(VIRTIO), FIRST, FIRST, "" },   { OVERRIDE(FIRST), VFIO, NULL, NULL },
		{ BIND(VFIO), FIRST, FIRST, VFIO },     { OVERRIDE(FIRST), "", NULL, NULL },
		{ OVERRIDE(SECOND), VFIO, NULL, NULL }, { BIND(VFIO), SECOND, NULL, NULL },
		{ OVERRIDE(SECOND), "", NULL, NULL },
	};

	(void)state;
	make_sysfs();
	kernel_start(wanted, sizeof(wanted) / sizeof(wanted[0]));
	fails_with(-ENOTUNIQ, "reported success", SECOND " is bound to \"\", not \"vfio-pci\"");
	kernel_end();
	forget();
}

static void
sysfs_without_an_effect_is_an_error(void **state)
{
	(void)state;
	make_sysfs();
	sink(UNBIND(VIRTIO), "/dev/null");
	sink(BIND(VFIO), "/dev/null");
	sink(OVERRIDE(FIRST), "/dev/null");
	sink(OVERRIDE(SECOND), "/dev/null");
	fails_with(-ENOTUNIQ, "binding over sysfs reported success",
		   FIRST " is bound to \"virtio-pci\", not \"vfio-pci\"");
	forget();
}

static void
a_driver_that_refuses_is_an_error(void **state)
{
	(void)state;
	make_sysfs();
	sink(UNBIND(VIRTIO), "/dev/null");
	sink(BIND(VFIO), "/dev/full");
	fails_with(-EIO, "exit status 1", FIRST " cannot be bound to vfio-pci");
	/* the old one has it again, and others could */
	file_is(BIND(VIRTIO), FIRST "\n");
	file_is(OVERRIDE(FIRST), "\n");
	assert_false(lab_exists(lab_path(OVERRIDE(SECOND))));
	forget();
}

static void
a_driver_that_keeps_its_device_is_an_error(void **state)
{
	(void)state;
	make_sysfs();
	sink(UNBIND(VIRTIO), "/dev/full");
	fails_with(-EIO, "exit status 1", FIRST " cannot be unbound from virtio-pci");
	assert_false(lab_exists(lab_path(BIND(VFIO))));
	assert_false(lab_exists(lab_path(OVERRIDE(FIRST))));
	forget();
}

static void
nothing_was_touched(void)
{
	static const char *const files[] = { UNBIND(VIRTIO), BIND(VIRTIO), BIND(VFIO),
					     OVERRIDE(FIRST), OVERRIDE(SECOND) };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		assert_false(lab_exists(lab_path(files[i])));
}

static void
an_absent_driver_is_an_error(void **state)
{
	(void)state;
	make_sysfs();
	conf.driver = "igb_uio";
	fails_with(-EIO, "exit status 1", "driver \"igb_uio\" is not loaded");
	nothing_was_touched();
	forget();
}

static void
an_absent_device_in_sysfs_is_an_error(void **state)
{
	(void)state;
	make_sysfs();
	argv_add(&conf.devices, "0000:00:07.0");
	fails_with(-ENODEV, "no device 0000:00:07.0 on", "");
	nothing_was_touched();
	forget();
}

/* As dpdk-devbind.py, which prints a warning. */
static void
an_interface_in_use_is_refused(void **state)
{
	static const char *const nets[] = { "net/eth0", "virtio0/net/eth0" };

	(void)state;
	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++) {
		char *path;

		if (i == 0)
			make_sysfs();
		make_interface(PCI("devices/" SECOND), nets[i]);
		fails_with(-EIO, SECOND " is in use", "interface eth0");
		nothing_was_touched();
		path = xsprintf(PCI("devices/" SECOND "/%s"), nets[i]);
		assert_int_equal(rmdir(lab_path(path)), 0);
		free(path);
	}
	forget();
}

static void
unreadable_routes_are_an_error(void **state)
{
	(void)state;
	make_sysfs();
	conf.routes = lab_path("no-routes");
	fails_with(-EIO, "cannot read the routes", "exit status 1");
	nothing_was_touched();
	forget();
}

/* None of these interfaces has a route that counts, or is the device's own. */
static void
an_interface_not_in_use_is_bound(void **state)
{
	(void)state;
	make_sysfs();
	make_interface(PCI("devices/" FIRST), "net/eth1");
	make_interface(PCI("devices/" FIRST), "net/eth");
	make_interface("physical", "net/eth0");
	sink(PCI("devices/" FIRST "/physfn"), lab_path("physical"));
	sink(UNBIND(VIRTIO), "/dev/null");
	sink(BIND(VFIO), "/dev/null");
	fails_with(-ENOTUNIQ, "reported success", FIRST);
	forget();
}

static void
sysfs_that_hangs_times_out(void **state)
{
	struct devbind *d;

	(void)state;
	make_sysfs();
	assert_int_equal(mkfifo(lab_path(UNBIND(VIRTIO)), 0600), 0);
	assert_int_equal(bind_now(&d, 0.5), -ETIMEDOUT);
	assert_non_null(strstr(d->error, "binding over sysfs did not exit"));
	let_go(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pci_addresses),
		cmocka_unit_test(devices_are_bound_and_given_back),
		cmocka_unit_test(a_restore_that_fails_is_an_error),
		cmocka_unit_test(a_restore_that_hangs_is_an_error),
		cmocka_unit_test(a_bind_under_way_ends_before_its_restore),
		cmocka_unit_test(a_permanent_bind_under_way_ends_at_its_close),
		cmocka_unit_test(a_node_that_is_gone_is_no_error),
		cmocka_unit_test(a_node_that_goes_during_a_restore_is_no_error),
		cmocka_unit_test(a_restore_that_is_lost_is_an_error),
		cmocka_unit_test(a_look_that_hangs_leaves_nothing_to_restore),
		cmocka_unit_test(a_look_that_is_lost_leaves_nothing_to_restore),
		cmocka_unit_test(a_permanent_bind_stays),
		cmocka_unit_test(a_tool_that_fails_is_an_error),
		cmocka_unit_test(a_tool_that_did_nothing_is_an_error),
		cmocka_unit_test(an_absent_device_is_an_error),
		cmocka_unit_test(an_absent_tool_is_an_error),
		cmocka_unit_test(a_tool_may_have_a_relative_path),
		cmocka_unit_test(a_tool_that_hangs_times_out),
		cmocka_unit_test(no_device_or_too_many_are_refused),
		cmocka_unit_test(the_guard_gives_devices_back),
		cmocka_unit_test(over_sysfs_all_at_once),
		cmocka_unit_test(over_sysfs_to_the_kernels_driver),
		cmocka_unit_test(a_bound_device_is_left_alone),
		cmocka_unit_test(a_second_device_that_stays_unbound_is_an_error),
		cmocka_unit_test(sysfs_without_an_effect_is_an_error),
		cmocka_unit_test(a_driver_that_refuses_is_an_error),
		cmocka_unit_test(a_driver_that_keeps_its_device_is_an_error),
		cmocka_unit_test(an_absent_driver_is_an_error),
		cmocka_unit_test(an_absent_device_in_sysfs_is_an_error),
		cmocka_unit_test(an_interface_in_use_is_refused),
		cmocka_unit_test(unreadable_routes_are_an_error),
		cmocka_unit_test(an_interface_not_in_use_is_bound),
		cmocka_unit_test(sysfs_that_hangs_times_out),
	};

	return LAB_RUN("devbind", tests, NULL, NULL);
}
