/* test_devbind: binding against a fake devbind, and over a fake sysfs. */
#include "lab.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../core/guard.h"
#include "../prim/devbind.h"

#define SECONDS 60.0

static void
pci_addresses(void **state)
{
	static const char *const good[] = { "0000:00:05.0", "ffff:ff:1f.7", "0000:AF:00.1" };
	static const char *const bad[] = { "",
					   "00:05.0",
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

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(devbind_is_address(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(devbind_is_address(bad[i]));
}

#define FIRST  "0000:00:05.0"
#define SECOND "0000:00:06.0"

/* Does what dpdk-devbind.py does to sysfs, or fails, or says that it did. */
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

static struct devbind_conf conf;

static void
mode(const char *text)
{
	lab_write(lab_path("mode"), text);
}

static void
make_devices(void)
{
	static const char *const folders[] = { "bus", "bus/pci", "bus/pci/devices",
					       "bus/pci/devices/" FIRST,
					       "bus/pci/devices/" SECOND };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_int_equal(mkdir(lab_path(folders[i]), 0700), 0);
	assert_int_equal(
		symlink("../../drivers/virtio-pci", lab_path("bus/pci/devices/" FIRST "/driver")),
		0);
	lab_write(lab_path("devbind"), fake);
	assert_int_equal(chmod(lab_path("devbind"), 0700), 0);
	mode("work");
	assert_int_equal(setenv("FAKE_SYSFS", lab_path("."), 1), 0);
	conf = (struct devbind_conf){ .program = lab_path("devbind"),
				      .driver = "vfio-pci",
				      .sysfs = lab_path(".") };
	argv_add(&conf.devices, FIRST);
	argv_add(&conf.devices, SECOND);
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

static int
bind_now(struct devbind **d, double seconds)
{
	struct wait *w = drive_new();

	assert_int_equal(devbind_start(d, lab_scope(), node_here(), &conf, seconds, w), 0);
	return drive_wait(w);
}

static void
let_go(struct devbind *d)
{
	res_drop(devbind_res(d));
	argv_free(&conf.devices);
	unsetenv("FAKE_SYSFS");
}

static void
bound_and_given_back(void **state)
{
	struct devbind *d;
	char *calls;

	(void)state;
	make_devices();
	conf.restore = true;
	assert_int_equal(bind_now(&d, SECONDS), 0);
	assert_string_equal(devbind_results(d)[0].old_driver, "virtio-pci");
	assert_string_equal(devbind_results(d)[0].new_driver, "vfio-pci");
	assert_string_equal(devbind_results(d)[1].old_driver, "");
	assert_string_equal(devbind_results(d)[1].new_driver, "vfio-pci");
	driver_is(FIRST, "vfio-pci");
	driver_is(SECOND, "vfio-pci");
	assert_int_equal(devbind_res(d)->state, RES_OPEN);
	lab_close();
	assert_int_equal(devbind_res(d)->state, RES_CLOSED);
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
bound_for_good(void **state)
{
	struct devbind *d;

	(void)state;
	make_devices();
	assert_int_equal(bind_now(&d, SECONDS), 0);
	/* nothing to give back: nothing is owned */
	assert_int_equal(devbind_res(d)->state, RES_CLOSED);
	lab_close();
	driver_is(FIRST, "vfio-pci");
	let_go(d);
}

static void
the_tool_fails(void **state)
{
	struct devbind *d;

	(void)state;
	make_devices();
	mode("fail");
	assert_int_equal(bind_now(&d, SECONDS), -EIO);
	assert_non_null(strstr(devbind_error(d), "exit status 1"));
	assert_non_null(strstr(devbind_error(d), "Driver is not loaded"));
	driver_is(FIRST, "virtio-pci");
	let_go(d);
}

static void
the_tool_lies(void **state)
{
	struct devbind *d;

	(void)state;
	make_devices();
	mode("lie");
	assert_int_equal(bind_now(&d, SECONDS), -ENOTUNIQ);
	assert_non_null(strstr(devbind_error(d), "reported success"));
	assert_non_null(strstr(devbind_error(d), FIRST));
	assert_non_null(strstr(devbind_error(d), "virtio-pci"));
	let_go(d);
}

static void
an_absent_device(void **state)
{
	struct devbind *d;

	(void)state;
	make_devices();
	conf.restore = true;
	argv_add(&conf.devices, "0000:00:07.0");
	assert_int_equal(bind_now(&d, SECONDS), -ENODEV);
	assert_non_null(strstr(devbind_error(d), "no device 0000:00:07.0"));
	/* nothing was begun */
	assert_false(lab_exists(lab_path("calls")));
	assert_int_equal(devbind_res(d)->state, RES_CLOSED);
	let_go(d);
}

static void
an_absent_tool(void **state)
{
	struct devbind *d;

	(void)state;
	make_devices();
	conf.program = "moonrig-no-such-devbind";
	assert_int_equal(bind_now(&d, SECONDS), -ENOENT);
	assert_non_null(strstr(devbind_error(d), "moonrig-no-such-devbind"));
	let_go(d);
}

static void
a_tool_that_hangs(void **state)
{
	struct devbind *d;

	(void)state;
	make_devices();
	mode("hang");
	assert_int_equal(bind_now(&d, 0.5), -ETIMEDOUT);
	assert_non_null(strstr(devbind_error(d), "did not end"));
	let_go(d);
}

static void
no_device_or_too_many(void **state)
{
	struct devbind *d = NULL;
	struct wait *w = drive_new();

	(void)state;
	make_devices();
	argv_free(&conf.devices);
	assert_int_equal(devbind_start(&d, lab_scope(), node_here(), &conf, 1, w), -EINVAL);
	for (int i = 0; i < DEVBIND_MAX + 1; i++)
		argv_add(&conf.devices, FIRST);
	assert_int_equal(devbind_start(&d, lab_scope(), node_here(), &conf, 1, w), -EINVAL);
	argv_free(&conf.devices);
	unsetenv("FAKE_SYSFS");
	free(w);
}

static void
given_back_by_the_guard(void **state)
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LAB_TEST(pci_addresses),         LAB_TEST(bound_and_given_back),
		LAB_TEST(bound_for_good),        LAB_TEST(the_tool_fails),
		LAB_TEST(the_tool_lies),         LAB_TEST(an_absent_device),
		LAB_TEST(an_absent_tool),        LAB_TEST(a_tool_that_hangs),
		LAB_TEST(no_device_or_too_many), LAB_TEST(given_back_by_the_guard),
	};

	return cmocka_run_group_tests_name("devbind", tests, NULL, NULL);
}
