/* test_prim: command lines compared with the plan's. */
#include "units/lab.h"

#include <stdio.h>

#include "prim/hotplug.h"
#include "prim/mp.h"
#include "prim/testpmd.h"
#include "prim/vm.h"

/* ---- command lines ---- */

/* The words of a line as a shell reads it: blanks, and single quotes. */
static void
words_of(const char *line, struct argv *out)
{
	while (*line != '\0') {
		struct buf word = { 0 };
		bool quoted = false;

		for (; *line != '\0' && (quoted || *line != ' '); line++) {
			if (*line == '\'')
				quoted = !quoted;
			else
				buf_add_char(&word, *line);
		}
		if (word.len > 0)
			argv_add(out, word.data);
		buf_free(&word);
		line += strspn(line, " ");
	}
}

static void
is_line(struct argv *got, const char *line)
{
	struct argv want = { 0 };

	words_of(line, &want);
	for (size_t i = 0; i < want.n && i < got->n; i++)
		assert_string_equal(got->v[i], want.v[i]);
	assert_int_equal(got->n, want.n);
	argv_free(&want);
	argv_free(got);
}

static bool
has_words(const struct argv *a, const char *first, const char *second)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i], first) == 0 &&
		    (second == NULL || (i + 1 < a->n && strcmp(a->v[i + 1], second) == 0)))
			return true;
	return false;
}

static void
testpmd_as_the_plan_has_it(void **state)
{
	struct testpmd_conf c = { .program = "./<build_target>/app/dpdk-testpmd",
				  .lcores = "-l 1-6",
				  .file_prefix = "vhost",
				  .hugepages = true,
				  .pci = true,
				  .nb_cores = 4,
				  .rxq = 2,
				  .txq = 2,
				  .txd = 1024,
				  .rxd = 1024 };
	struct argv argv = { 0 };

	(void)state;
	argv_add(&c.vdevs, "net_vhost,iface=vhost-net,queues=2,client=1");
	argv_add(&c.vdevs, "net_vhost1,iface=vhost-net1,queues=2,client=1");
	testpmd_argv(&c, &argv);
	is_line(&argv, "./<build_target>/app/dpdk-testpmd -l 1-6 -n 4 --file-prefix=vhost"
		       " --vdev 'net_vhost,iface=vhost-net,queues=2,client=1'"
		       " --vdev 'net_vhost1,iface=vhost-net1,queues=2,client=1'"
		       "  -- -i --nb-cores=4 --rxq=2 --txq=2 --txd=1024 --rxd=1024");
	argv_free(&c.vdevs);
}

static void
testpmd_without_hugepages_root_or_nics(void **state)
{
	struct testpmd_conf c = { .program = "dpdk-testpmd",
				  .lcores = "--lcores 1@0,2@1",
				  .memory = 512,
				  .mbufs = 8192 };
	struct argv argv = { 0 };

	(void)state;
	argv_add(&c.eal, "--log-level=lib.vhost:info");
	argv_add(&c.args, "--no-mlockall");
	testpmd_argv(&c, &argv);
	is_line(&argv, "dpdk-testpmd --lcores 1@0,2@1 -n 4 --no-huge --no-shconf -m 512 --no-pci"
		       " --log-level=lib.vhost:info -- -i --total-num-mbufs=8192 --no-mlockall");
	/* devices that are named are looked for */
	argv_add(&c.allow, "0000:00:05.0");
	argv_free(&c.eal);
	argv_free(&c.args);
	c.lcores = NULL;
	testpmd_argv(&c, &argv);
	is_line(&argv, "dpdk-testpmd -n 4 --no-huge --no-shconf -m 512 -a 0000:00:05.0 -- -i"
		       " --total-num-mbufs=8192");
	argv_free(&c.allow);
}

static void
symmetric_mp_as_the_plan_has_it(void **state)
{
	struct mp_conf c = { .program = "./examples/multi_process/symmetric_mp/build/symmetric_mp",
			     .lcores = "-l 1",
			     .proc_type = "auto",
			     .portmask = "3",
			     .num_procs = 2 };
	struct argv argv = { 0 };

	(void)state;
	mp_argv(&c, &argv);
	is_line(&argv,
		"./examples/multi_process/symmetric_mp/build/symmetric_mp -l 1 -n 4 --proc-type=auto"
		" -- -p 3 --num-procs=2 --proc-id=0");
	c.lcores = "-l 2";
	c.proc_type = "secondary";
	c.proc_id = 1;
	mp_argv(&c, &argv);
	is_line(&argv, "./examples/multi_process/symmetric_mp/build/symmetric_mp -l 2 -n 4"
		       " --proc-type=secondary -- -p 3 --num-procs=2 --proc-id=1");
}

/* The plan's lines, and the -n 4 that all of its others have. */
static void
hotplug_mp_as_the_plan_has_it(void **state)
{
	struct mp_conf c = { .program = "./examples/multi_process/hotplug_mp/build/hotplug_mp",
			     .proc_type = "auto",
			     .portmask = "3",
			     .num_procs = 2 };
	struct argv argv = { 0 };

	(void)state;
	mp_argv(&c, &argv);
	is_line(&argv, "./examples/multi_process/hotplug_mp/build/hotplug_mp -n 4 --proc-type=auto"
		       " -- -p 3 --num-procs=2 --proc-id=0");
	c.proc_type = "secondary";
	c.proc_id = 1;
	mp_argv(&c, &argv);
	is_line(&argv,
		"./examples/multi_process/hotplug_mp/build/hotplug_mp -n 4 --proc-type=secondary"
		" -- -p 3 --num-procs=2 --proc-id=1");
}

static void
mp_with_everything_and_nothing(void **state)
{
	struct mp_conf c = {
		.program = "app", .proc_type = "primary", .num_procs = -1, .proc_id = -1
	};
	struct argv argv = { 0 };

	(void)state;
	mp_argv(&c, &argv);
	is_line(&argv, "app -n 4 --proc-type=primary --");
	c.file_prefix = "p";
	c.iova_mode = "pa";
	argv_add(&c.eal, "--legacy-mem");
	argv_add(&c.args, "--more");
	mp_argv(&c, &argv);
	is_line(&argv,
		"app -n 4 --proc-type=primary --file-prefix=p --iova-mode=pa --legacy-mem -- --more");
	argv_free(&c.eal);
	argv_free(&c.args);
}

/* Is `part` ("mrg_rxbuf=on") one of the comma-separated parts of `word`? */
static bool
has_part(const char *word, const char *part)
{
	size_t len = strlen(part);

	for (const char *p = word; p != NULL; p = strchr(p, ',')) {
		p += *p == ',';
		if (strncmp(p, part, len) == 0 && (p[len] == ',' || p[len] == '\0'))
			return true;
	}
	return false;
}

/* The word behind `option` that has `part`. */
static const char *
word_with(const struct argv *a, const char *option, const char *part)
{
	for (size_t i = 0; i + 1 < a->n; i++)
		if (strcmp(a->v[i], option) == 0 && has_part(a->v[i + 1], part))
			return a->v[i + 1];
	fail_msg("no %s with %s", option, part);
	return NULL;
}

static void
has_parts(const char *word, const char *line)
{
	char *parts = xstrdup(line), *save = NULL;

	for (char *p = strtok_r(parts, ",", &save); p != NULL; p = strtok_r(NULL, ",", &save))
		if (!has_part(word, p))
			fail_msg("%s is not in %s", p, word);
	free(parts);
}

static struct vm_port ports[] = {
	{ .socket = "./vhost-net",
	  .server = true,
	  .mac = "52:54:00:00:00:02",
	  .queues = 2,
	  .mrg_rxbuf = true,
	  .csum = true,
	  .mq = true,
	  .vectors = 15,
	  .addr = "05.0" },
	{ .socket = "./vhost-net1",
	  .server = true,
	  .mac = "52:54:00:00:00:03",
	  .queues = 2,
	  .mrg_rxbuf = true,
	  .csum = true,
	  .mq = true,
	  .vectors = 15,
	  .addr = "06.0" },
};

static const struct vm_conf plan_vm = {
	.program = "qemu-system-x86_64",
	.name = "vm1",
	.accel = "kvm",
	.cpu = "host",
	.machine = "q35",
	.cpus = 4,
	.memory = 4096,
	.kernel = "vmlinuz",
	.append = "console=ttyS0",
	.memory_path = "/mnt/huge",
	.serial = "/s/serial",
	.qmp = "/s/qmp",
	.agent = "/tmp/vm2_qga0.sock",
	.vnc = ":10",
	.mgmt_mac = "52:54:00:6d:72:01",
	.ssh_port = 6002,
	.ports = ports,
	.n_ports = 2,
};

/* The plan's words, in today's spelling (server=on) and with our ids. */
static void
vm_as_the_plan_has_it(void **state)
{
	struct argv a = { 0 };

	(void)state;
	vm_argv(&plan_vm, &a);
	assert_string_equal(a.v[0], "qemu-system-x86_64");
	assert_true(has_words(&a, "-name", "vm1"));
	assert_true(has_words(&a, "-accel", "kvm"));
	assert_true(has_words(&a, "-cpu", "host"));
	assert_true(has_words(&a, "-smp", "4"));
	assert_true(has_words(&a, "-m", "4096M"));
	assert_true(has_words(&a, "-vnc", ":10"));
	has_parts(word_with(&a, "-object", "id=mem"),
		  "memory-backend-file,id=mem,size=4096M,mem-path=/mnt/huge,share=on");
	has_parts(word_with(&a, "-chardev", "path=/tmp/vm2_qga0.sock"),
		  "socket,server=on,wait=off");
	assert_true(has_words(&a, "-device", "virtio-serial-pci"));
	has_parts(word_with(&a, "-device", "virtserialport"), "name=org.qemu.guest_agent.2");
	has_parts(word_with(&a, "-netdev", "user"), "hostfwd=tcp:127.0.0.1:6002-:22");
	has_parts(word_with(&a, "-chardev", "path=./vhost-net"),
		  "socket,id=char0,server=on,wait=off");
	has_parts(word_with(&a, "-netdev", "chardev=char0"),
		  "vhost-user,id=net0,vhostforce=on,queues=2");
	has_parts(
		word_with(&a, "-device", "netdev=net0"),
		"virtio-net-pci,mac=52:54:00:00:00:02,mrg_rxbuf=on,csum=on,mq=on,vectors=15,addr=05.0");
	has_parts(word_with(&a, "-chardev", "path=./vhost-net1"),
		  "socket,id=char1,server=on,wait=off");
	has_parts(word_with(&a, "-netdev", "chardev=char1"),
		  "vhost-user,id=net1,vhostforce=on,queues=2");
	has_parts(
		word_with(&a, "-device", "netdev=net1"),
		"virtio-net-pci,mac=52:54:00:00:00:03,mrg_rxbuf=on,csum=on,mq=on,vectors=15,addr=06.0");
	argv_free(&a);
}

static void
a_memory_of_ours(void **state)
{
	struct vm_conf c = plan_vm;
	struct argv a = { 0 };

	(void)state;
	vm_argv(&c, &a);
	assert_false(has_words(&a, "-S", NULL));
	assert_false(has_words(&a, "-incoming", NULL));
	argv_free(&a);
	c.memory_path = NULL;
	c.memory_fd = 7;
	c.paused = c.incoming = true;
	vm_argv(&c, &a);
	has_parts(word_with(&a, "-object", "id=mem"),
		  "memory-backend-file,size=4096M,mem-path=/proc/self/fd/7,share=on");
	assert_true(has_words(&a, "-S", NULL));
	assert_true(has_words(&a, "-incoming", "defer"));
	argv_free(&a);
}

static void
emulated_a_port_has_no_vectors(void **state)
{
	struct vm_port many[] = { ports[0], ports[0], ports[0] };
	struct vm_conf c = plan_vm;
	struct argv a = { 0 };
	size_t n = 0;

	(void)state;
	many[1].vectors = -1;
	many[2].vectors = 0;
	c.ports = many;
	c.n_ports = 3;
	c.accel = "tcg";
	c.cpu = "max";
	vm_argv(&c, &a);
	/* whatever was asked for */
	for (size_t i = 0; i < a.n; i++)
		if (strstr(a.v[i], "virtio-net-pci,id=nic") != NULL) {
			assert_true(has_part(a.v[i], "vectors=0"));
			assert_false(has_part(a.v[i], "vectors=15"));
			n++;
		}
	assert_int_equal(n, 3);
	argv_free(&a);
	/* and not emulated, what was asked for */
	c.accel = "kvm";
	vm_argv(&c, &a);
	assert_true(has_part(word_with(&a, "-device", "netdev=net0"), "vectors=15"));
	assert_null(strstr(word_with(&a, "-device", "netdev=net1"), "vectors"));
	assert_true(has_part(word_with(&a, "-device", "netdev=net2"), "vectors=0"));
	argv_free(&a);
}

static void
a_small_vm(void **state)
{
	struct vm_conf c = { .program = "qemu",
			     .name = "vm",
			     .accel = "tcg",
			     .cpu = "max",
			     .machine = "q35",
			     .cpus = 1,
			     .memory = 256,
			     .kernel = "k",
			     .initrd = "i",
			     .append = "a b",
			     .serial = "s",
			     .qmp = "q",
			     .mgmt_mac = "m" };
	struct argv a = { 0 };

	(void)state;
	argv_add(&c.extra, "-S");
	vm_argv(&c, &a);
	assert_true(has_words(&a, "-initrd", "i"));
	assert_true(has_words(&a, "-append", "a b"));
	assert_true(has_words(&a, "-qmp", "unix:q,server=on,wait=off"));
	assert_true(has_words(&a, "-serial", "chardev:serial"));
	assert_false(has_words(&a, "-vnc", NULL));
	assert_false(has_words(&a, "-drive", NULL));
	has_parts(word_with(&a, "-object", "id=mem"), "memory-backend-memfd,size=256M,share=on");
	assert_string_equal(a.v[a.n - 1], "-S");
	argv_free(&a);
	argv_free(&c.extra);
}

/* ---- lines ---- */

static void
hotplug_lines(void **state)
{
	static const char *const bad[] = { "",          "two words", "a\nquit", "a\r",
					   "tab\there", "help?",     "\033[A",  "\177" };
	char longest[502], *line;

	(void)state;
	line = hotplug_line("attach", "0000:00:05.0");
	assert_string_equal(line, "attach 0000:00:05.0");
	free(line);
	line = hotplug_line("detach", "net_vhost0,iface=/tmp/s");
	assert_string_equal(line, "detach net_vhost0,iface=/tmp/s");
	free(line);
	line = hotplug_line("list", NULL);
	assert_string_equal(line, "list");
	free(line);
	assert_null(hotplug_line("list", "x"));
	assert_null(hotplug_line("attach", NULL));
	assert_null(hotplug_line("quit", NULL));
	assert_null(hotplug_line("", "x"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(hotplug_line("attach", bad[i]));
		assert_null(hotplug_line("detach", bad[i]));
	}
	memset(longest, 'x', 501);
	longest[501] = '\0';
	assert_null(hotplug_line("attach", longest));
	longest[500] = '\0';
	line = hotplug_line("attach", longest);
	assert_int_equal(strlen(line), 507);
	free(line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LAB_TEST(testpmd_as_the_plan_has_it),
		LAB_TEST(testpmd_without_hugepages_root_or_nics),
		LAB_TEST(symmetric_mp_as_the_plan_has_it),
		LAB_TEST(hotplug_mp_as_the_plan_has_it),
		LAB_TEST(mp_with_everything_and_nothing),
		LAB_TEST(vm_as_the_plan_has_it),
		LAB_TEST(a_memory_of_ours),
		LAB_TEST(emulated_a_port_has_no_vectors),
		LAB_TEST(a_small_vm),
		LAB_TEST(hotplug_lines),
	};

	return cmocka_run_group_tests_name("prim", tests, NULL, NULL);
}
