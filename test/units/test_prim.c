/* test_prim: command lines compared with the plan's. */
#include "units/lab.h"

#include <stdio.h>

#include "prim/prims.h"

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

/* NULL where there is none of that name. */
static const struct prim_option *
row_of(const struct prim *p, const char *name)
{
	for (const struct prim_option *o = p->rows; o < p->rows + p->n; o++)
		if (o->name != NULL && strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

/* Names and values in turn, NULL behind the last; a value that is given again is one more of a
 * list. What people do not give is Lua's, and has no place here. */
static void
give(struct prim_values *v, const char *const *pairs)
{
	for (; *pairs != NULL; pairs += 2) {
		const struct prim_option *o = row_of(v->prim, pairs[0]);

		assert_non_null(o);
		assert_non_null(o->flag);
		if (strcmp(o->kind, "boolean") == 0)
			prim_set_bool(v, pairs[0], strcmp(pairs[1], "true") == 0);
		else if (strcmp(o->kind, "count") == 0 || strcmp(o->kind, "whole") == 0)
			prim_set_number(v, pairs[0], strtod(pairs[1], NULL));
		else if (strcmp(o->kind, "text") == 0 || strcmp(o->kind, "string") == 0)
			prim_set(v, pairs[0], pairs[1]);
		else
			prim_add(v, pairs[0], pairs[1]);
	}
}

/* Gives them, too, and compares the command line. */
static void
gives_line(struct prim_values *v, const char *const *pairs, const char *line)
{
	struct argv argv = { 0 };

	give(v, pairs);
	prim_argv(v, &argv);
	is_line(&argv, line);
}

#define GIVES_LINE(v, line, ...) gives_line(v, (const char *const[]){ __VA_ARGS__, NULL }, line)
#define GIVE(v, ...)             give(v, (const char *const[]){ __VA_ARGS__, NULL })

static void
testpmd_as_the_plan_has_it(void **state)
{
	struct prim_values v;

	(void)state;
	prim_init(&v, &testpmd_prim);
	GIVES_LINE(&v,
		   "./<build_target>/app/dpdk-testpmd -l 1-6 -v -n 4 --file-prefix=vhost"
		   " --vdev 'net_vhost,iface=vhost-net,queues=2,client=1'"
		   " --vdev 'net_vhost1,iface=vhost-net1,queues=2,client=1'"
		   "  -- -i --nb-cores=4 --rxq=2 --txq=2 --txd=1024 --rxd=1024",
		   "program", "./<build_target>/app/dpdk-testpmd", "lcores", "-l", "lcores", "1-6",
		   "hugepages", "true", "pci", "true", "nb_cores", "4", "rxq", "2", "txq", "2",
		   "txd", "1024", "rxd", "1024", "vdevs",
		   "net_vhost,iface=vhost-net,queues=2,client=1", "vdevs",
		   "net_vhost1,iface=vhost-net1,queues=2,client=1");
	prim_free(&v);
}

static void
testpmd_without_hugepages_root_or_nics(void **state)
{
	struct prim_values v;

	(void)state;
	prim_init(&v, &testpmd_prim);
	GIVES_LINE(&v,
		   "dpdk-testpmd --lcores 1@0,2@1 -v -n 4 --file-prefix=vhost --no-huge --no-shconf"
		   " -m 512 --no-pci --log-level=lib.vhost:info -- -i --total-num-mbufs=8192"
		   " --no-mlockall",
		   "lcores", "--lcores", "lcores", "1@0,2@1", "memory", "512", "mbufs", "8192",
		   "eal", "--log-level=lib.vhost:info", "args", "--no-mlockall");
	prim_free(&v);
	prim_init(&v, &testpmd_prim);
	GIVES_LINE(
		&v,
		"dpdk-testpmd -v -n 4 --file-prefix=p --no-huge --no-shconf -a 0000:00:05.0 -- -i",
		"file_prefix", "p", "pci", "true", "allow", "0000:00:05.0");
	prim_free(&v);
}

static void
symmetric_mp_as_the_plan_has_it(void **state)
{
	struct prim_values v;

	(void)state;
	prim_init(&v, &mp_prim);
	GIVES_LINE(
		&v,
		"./examples/multi_process/symmetric_mp/build/symmetric_mp -l 1 -v -n 4 --proc-type=auto"
		" -- -p 3 --num-procs=2 --proc-id=0",
		"program", "./examples/multi_process/symmetric_mp/build/symmetric_mp", "lcores",
		"-l", "lcores", "1", "portmask", "3", "num_procs", "2", "proc_id", "0");
	GIVES_LINE(&v,
		   "./examples/multi_process/symmetric_mp/build/symmetric_mp -l 1 -v -n 4"
		   " --proc-type=secondary -- -p 3 --num-procs=2 --proc-id=1",
		   "proc_type", "secondary", "proc_id", "1");
	prim_free(&v);
}

/* The plan's lines, the -n 4 that all of its others have, and our -v. */
static void
hotplug_mp_as_the_plan_has_it(void **state)
{
	struct prim_values v;

	(void)state;
	prim_init(&v, &hotplug_mp_prim);
	GIVES_LINE(&v,
		   "./examples/multi_process/hotplug_mp/build/hotplug_mp -v -n 4 --proc-type=auto"
		   " -- -p 3 --num-procs=2 --proc-id=0",
		   "program", "./examples/multi_process/hotplug_mp/build/hotplug_mp", "portmask",
		   "3", "num_procs", "2", "proc_id", "0");
	GIVES_LINE(
		&v,
		"./examples/multi_process/hotplug_mp/build/hotplug_mp -v -n 4 --proc-type=secondary"
		" -- -p 3 --num-procs=2 --proc-id=1",
		"proc_type", "secondary", "proc_id", "1");
	prim_free(&v);
}

static void
mp_takes_all_options_or_none(void **state)
{
	struct prim_values v;

	(void)state;
	prim_init(&v, &mp_prim);
	GIVES_LINE(&v, "app -v -n 4 --proc-type=primary --", "program", "app", "proc_type",
		   "primary");
	GIVES_LINE(&v,
		   "app -v -n 4 --proc-type=primary --file-prefix=p --iova-mode=pa --legacy-mem"
		   " -- --more",
		   "file_prefix", "p", "iova_mode", "pa", "eal", "--legacy-mem", "args", "--more");
	GIVES_LINE(&v,
		   "app -v -n 4 --proc-type=primary --file-prefix=p --iova-mode=pa --no-huge"
		   " --no-shconf -m 64 --no-pci --vdev net_null0 --legacy-mem -- --more",
		   "hugepages", "false", "pci", "false", "memory", "64", "vdevs", "net_null0");
	prim_free(&v);
}

/* ---- rows ---- */

static const struct prim_option some[] = {
	{ "first", "text", .initial = "a", .flag = "--first %s:%s --end" },
	{ .flag = "-- -x" },
	{ "list", "words", .flag = "-v %s" },
	{ "on", "boolean", .flag = "yes: -y 1" },
	{ "off", "boolean", .flag = "no: -n" },
	{ "mine", "text", .initial = "m" },
	{ "property", "boolean", .flag = "property=%s" },
	{ 0 },
};
static const struct prim_option others[] = {
	{ "first", .initial = "b" },
	{ "list", .needed = true },
	{ 0 },
};
static const struct prim_option within[] = { { "fd", "whole", .flag = "--fd=%s" }, { 0 } };
static struct prim some_prim = { .name = "some", .parts = { some, others }, .inner = within };

static void
rows_become_words(void **state)
{
	struct prim_values v;

	(void)state;
	prim_init(&v, &some_prim);
	/* a default that is changed further on; a flag's second %s is its own */
	GIVES_LINE(&v, "--first b:%s --end -- -x", NULL);
	GIVES_LINE(&v, "--first 'c d:%s' --end -- -x -v 1 -v '2 3' -y 1 -n property=off", "first",
		   "c d", "list", "1", "list", "2 3", "on", "true", "off", "false", "property",
		   "false");
	prim_set_bool(&v, "on", false);
	prim_set_bool(&v, "off", true);
	prim_set_number(&v, "fd", 7);
	/* the inner rows are the primitive's to place */
	GIVES_LINE(&v, "--first 'c d:%s' --end -- -x -v 1 -v '2 3' property=off", NULL);
	prim_free(&v);
}

static void
rows_are_found_by_name(void **state)
{
	struct prim_values v;

	(void)state;
	prim_init(&v, &some_prim);
	assert_string_equal(row_of(&some_prim, "fd")->flag, "--fd=%s");
	assert_null(row_of(&some_prim, "none"));
	/* a further row of the same name overrides; the rest stays */
	assert_string_equal(row_of(&some_prim, "first")->initial, "b");
	assert_string_equal(row_of(&some_prim, "first")->kind, "text");
	assert_false(row_of(&some_prim, "first")->needed);
	assert_true(row_of(&some_prim, "list")->needed);
	assert_string_equal(prim_text(&v, "mine"), "m");
	assert_null(prim_text(&v, "list"));
	assert_false(prim_is(&v, "on"));
	assert_int_equal(prim_int(&v, "fd"), 0);
	prim_free(&v);
}

#define ADDRESS(name) &name##_prim,

/* Each row has a name of its own and fits the table of values. */
static void
all_rows_are_complete(void **state)
{
	static struct prim *const all[] = { PRIMS(ADDRESS) };

	(void)state;
	for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++) {
		prim_make(all[k]);
		assert_in_range(all[k]->n_parts, 1, all[k]->n);
		for (size_t i = 0; i < all[k]->n; i++) {
			const struct prim_option *o = &all[k]->rows[i];

			if (o->name == NULL)
				continue;
			assert_ptr_equal(row_of(all[k], o->name), o);
			assert_non_null(o->kind);
			if (i < all[k]->n_parts)
				assert_non_null(o->words);
		}
	}
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

/* The plan's machine, its two ports at their places. */
static struct prim_values vm, ports[3];

static void
plan_vm(size_t n_ports)
{
	static const char *const socket[] = { "./vhost-net", "./vhost-net1", "./vhost-net2" };
	static const char *const mac[] = { "52:54:00:00:00:02", "52:54:00:00:00:03",
					   "52:54:00:00:00:04" };
	static const char *const addr[] = { "05.0", "06.0", "07.0" };

	prim_init(&vm, &vm_prim);
	GIVE(&vm, "program", "qemu-system-x86_64", "title", "vm1", "accelerator", "kvm", "cpu",
	     "host", "machine", "q35", "cpus", "4", "memory", "4096", "kernel", "vmlinuz",
	     "kernel_words", "console=ttyS0", "hugepage_path", "/mnt/huge", "serial", "/s/serial",
	     "qmp", "/s/qmp", "agent_socket", "/tmp/vm2_qga0.sock", "vnc", ":10", "ssh_port",
	     "6002");
	prim_set(&vm, "mgmt_mac", "52:54:00:6d:72:01");
	for (size_t i = 0; i < n_ports; i++) {
		prim_init(&ports[i], &vm_port_prim);
		GIVE(&ports[i], "socket", socket[i], "queues", "2", "mq", "true", "vectors", "15");
		prim_set(&ports[i], "mac", mac[i]);
		prim_set(&ports[i], "addr", addr[i]);
	}
}

static void
free_vm(size_t n_ports)
{
	prim_free(&vm);
	for (size_t i = 0; i < n_ports; i++)
		prim_free(&ports[i]);
}

/* The plan's words, in today's spelling (server=on) and with our ids. */
static void
vm_as_the_plan_has_it(void **state)
{
	struct argv a = { 0 };

	(void)state;
	plan_vm(2);
	vm_argv(&vm, ports, 2, &a);
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
	free_vm(2);
}

/* As QEMU reads option words; alone, a word is what it is. */
static void
a_comma_in_a_path_is_written_twice(void **state)
{
	struct argv a = { 0 };

	(void)state;
	plan_vm(1);
	GIVE(&vm, "disk", "/i/a,b.img", "serial", "/t,,/s=1", "qmp", "/t,/q", "agent_socket", ",g",
	     "hugepage_path", "/h,");
	prim_set(&vm, "disk_addr", "04.0");
	prim_set(&vm, "kernel", "/i,k");
	prim_set(&ports[0], "socket", "/t,a/p%s");
	vm_argv(&vm, ports, 1, &a);
	assert_true(
		has_words(&a, "-drive", "if=none,id=root,format=raw,readonly=on,file=/i/a,,b.img"));
	assert_true(has_words(&a, "-device", "virtio-blk-pci,drive=root,bus=pcie.0,addr=04.0"));
	assert_true(
		has_words(&a, "-chardev", "socket,id=serial,path=/t,,,,/s=1,server=on,wait=off"));
	assert_true(has_words(&a, "-chardev", "socket,id=qmp,path=/t,,/q,server=on,wait=off"));
	assert_true(has_words(&a, "-chardev", "socket,id=qga,path=,,g,server=on,wait=off"));
	assert_true(has_words(&a, "-chardev", "socket,id=char0,path=/t,,a/p%s,server=on,wait=off"));
	assert_true(has_part(word_with(&a, "-object", "id=mem"), "mem-path=/h,,"));
	assert_true(has_words(&a, "-kernel", "/i,k"));
	argv_free(&a);
	free_vm(1);
}

static void
a_memory_may_be_a_descriptor(void **state)
{
	struct argv a = { 0 };

	(void)state;
	plan_vm(0);
	vm_argv(&vm, ports, 0, &a);
	assert_false(has_words(&a, "-S", NULL));
	assert_false(has_words(&a, "-incoming", NULL));
	argv_free(&a);
	prim_free(&vm);
	prim_init(&vm, &vm_prim);
	GIVE(&vm, "program", "qemu", "accelerator", "kvm", "memory", "4096", "page_size", "2048",
	     "memory_fd", "7", "paused", "true", "incoming", "true");
	vm_argv(&vm, ports, 0, &a);
	has_parts(word_with(&a, "-object", "id=mem"),
		  "memory-backend-file,size=4096M,mem-path=/proc/self/fd/7,share=on");
	assert_true(has_words(&a, "-S", NULL));
	assert_true(has_words(&a, "-incoming", "defer"));
	argv_free(&a);
	free_vm(0);
}

/* QEMU's own, in the key of a snapshot: the real start has a descriptor. */
static void
a_memory_may_be_of_hugepages(void **state)
{
	struct argv a = { 0 };

	(void)state;
	prim_init(&vm, &vm_prim);
	GIVE(&vm, "program", "qemu", "accelerator", "kvm", "memory", "4096", "page_size", "2048",
	     "dpdk_disk", "/d", "dpdk_serial", "its-serial");
	vm_argv(&vm, ports, 0, &a);
	has_parts(word_with(&a, "-device", "drive=dpdk"),
		  "virtio-blk-pci,drive=dpdk,serial=its-serial");
	has_parts(word_with(&a, "-object", "id=mem"),
		  "memory-backend-memfd,hugetlb=on,hugetlbsize=2048K,size=4096M,share=on");
	argv_free(&a);
	free_vm(0);
}

/* Port 0 as the plan has it, 1 without a number of vectors, 2 with none. */
static void
plan_vm_with_vectors(const char *accelerator)
{
	plan_vm(3);
	GIVE(&vm, "accelerator", accelerator);
	prim_free(&ports[1]);
	prim_init(&ports[1], &vm_port_prim);
	GIVE(&ports[1], "socket", "./vhost-net1");
	GIVE(&ports[2], "vectors", "0");
}

static void
an_emulated_port_has_no_vectors(void **state)
{
	struct argv a = { 0 };
	size_t n = 0;

	(void)state;
	plan_vm_with_vectors("tcg");
	vm_argv(&vm, ports, 3, &a);
	/* whatever was asked for */
	for (size_t i = 0; i < a.n; i++)
		if (strstr(a.v[i], "virtio-net-pci,id=nic") != NULL) {
			assert_true(has_part(a.v[i], "vectors=0"));
			assert_false(has_part(a.v[i], "vectors=15"));
			n++;
		}
	assert_int_equal(n, 3);
	argv_free(&a);
	free_vm(3);
	/* in a QEMU that does not crash, what was asked for */
	plan_vm_with_vectors("tcg");
	GIVE(&vm, "emulated_vectors", "true");
	vm_argv(&vm, ports, 3, &a);
	assert_true(has_part(word_with(&a, "-device", "netdev=net0"), "vectors=15"));
	assert_null(strstr(word_with(&a, "-device", "netdev=net1"), "vectors"));
	argv_free(&a);
	free_vm(3);
	/* and not emulated, too */
	plan_vm_with_vectors("kvm");
	vm_argv(&vm, ports, 3, &a);
	assert_true(has_part(word_with(&a, "-device", "netdev=net0"), "vectors=15"));
	assert_null(strstr(word_with(&a, "-device", "netdev=net1"), "vectors"));
	assert_true(has_part(word_with(&a, "-device", "netdev=net2"), "vectors=0"));
	argv_free(&a);
	free_vm(3);
}

/* The properties of QEMU's virtio-net-pci that test plans set, and none that were not given. */
static void
a_port_has_the_properties_that_are_given(void **state)
{
	struct argv a = { 0 };

	(void)state;
	plan_vm(2);
	GIVE(&ports[0], "disable_modern", "true", "packed", "true", "rx_queue_size", "1024",
	     "tx_queue_size", "512", "host_mtu", "9000", "event_idx", "false", "indirect_desc",
	     "false", "gso", "true", "host_tso4", "true", "host_tso6", "false", "host_ecn", "true",
	     "host_ufo", "false", "guest_csum", "true", "guest_tso4", "false", "guest_tso6", "true",
	     "guest_ecn", "false", "guest_ufo", "true");
	GIVE(&ports[1], "disable_modern", "false", "mrg_rxbuf", "false", "csum", "false");
	vm_argv(&vm, ports, 2, &a);
	has_parts(
		word_with(&a, "-device", "netdev=net0"),
		"disable-modern=on,packed=on,rx_queue_size=1024,tx_queue_size=512,host_mtu=9000,event_idx=off,"
		"indirect_desc=off,gso=on,host_tso4=on,host_tso6=off,host_ecn=on,host_ufo=off,guest_csum=on,"
		"guest_tso4=off,guest_tso6=on,guest_ecn=off,guest_ufo=on");
	assert_string_equal(word_with(&a, "-device", "netdev=net1"),
			    "virtio-net-pci,id=nic1,netdev=net1,romfile=,mac=52:54:00:00:00:03,"
			    "mrg_rxbuf=off,csum=off,mq=on,vectors=15,bus=pcie.0,addr=06.0,"
			    "disable-modern=off");
	argv_free(&a);
	free_vm(2);
}

static void
a_vm_may_be_small(void **state)
{
	struct argv a = { 0 };

	(void)state;
	prim_init(&vm, &vm_prim);
	GIVE(&vm, "program", "qemu", "title", "vm", "accelerator", "tcg", "cpu", "max", "machine",
	     "q35", "cpus", "1", "memory", "256", "kernel", "k", "initrd", "i", "kernel_words",
	     "a b", "serial", "s", "qmp", "q", "extra", "-S");
	prim_set(&vm, "mgmt_mac", "m");
	vm_argv(&vm, ports, 0, &a);
	assert_true(has_words(&a, "-initrd", "i"));
	assert_true(has_words(&a, "-append", "a b"));
	assert_true(has_words(&a, "-qmp", "chardev:qmp"));
	has_parts(word_with(&a, "-chardev", "path=q"), "socket,id=qmp,server=on,wait=off");
	assert_true(has_words(&a, "-serial", "chardev:serial"));
	assert_false(has_words(&a, "-vnc", NULL));
	assert_false(has_words(&a, "-drive", NULL));
	has_parts(word_with(&a, "-object", "id=mem"), "memory-backend-memfd,size=256M,share=on");
	assert_string_equal(a.v[a.n - 1], "-S");
	argv_free(&a);
	free_vm(0);
}

/* A guest of the user's: its boot loader finds the kernel, and no write comes to its disk. */
static void
a_vm_may_boot_a_disk(void **state)
{
	struct argv a = { 0 };

	(void)state;
	prim_init(&vm, &vm_prim);
	GIVE(&vm, "program", "qemu", "accelerator", "tcg", "cpu", "max", "machine", "q35", "serial",
	     "s", "qmp", "q", "disk", "d.qcow2", "disk_layer", "qcow2", "mgmt_nic", "e1000");
	prim_set(&vm, "mgmt_mac", "m");
	vm_argv(&vm, ports, 0, &a);
	assert_true(
		has_words(&a, "-drive", "if=none,id=root,format=qcow2,snapshot=on,file=d.qcow2"));
	assert_true(has_words(&a, "-device", "e1000,netdev=mgmt,mac=m,romfile="));
	assert_false(has_words(&a, "-kernel", NULL));
	assert_false(has_words(&a, "-append", NULL));
	argv_free(&a);
	free_vm(0);
}

/* ---- lines ---- */

static void
hotplug_lines_are_made(void **state)
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
		cmocka_unit_test(testpmd_as_the_plan_has_it),
		cmocka_unit_test(testpmd_without_hugepages_root_or_nics),
		cmocka_unit_test(symmetric_mp_as_the_plan_has_it),
		cmocka_unit_test(hotplug_mp_as_the_plan_has_it),
		cmocka_unit_test(mp_takes_all_options_or_none),
		cmocka_unit_test(rows_become_words),
		cmocka_unit_test(rows_are_found_by_name),
		cmocka_unit_test(all_rows_are_complete),
		cmocka_unit_test(vm_as_the_plan_has_it),
		cmocka_unit_test(a_comma_in_a_path_is_written_twice),
		cmocka_unit_test(a_memory_may_be_a_descriptor),
		cmocka_unit_test(a_memory_may_be_of_hugepages),
		cmocka_unit_test(an_emulated_port_has_no_vectors),
		cmocka_unit_test(a_port_has_the_properties_that_are_given),
		cmocka_unit_test(a_vm_may_be_small),
		cmocka_unit_test(a_vm_may_boot_a_disk),
		cmocka_unit_test(hotplug_lines_are_made),
	};

	return LAB_RUN("prim", tests, NULL, NULL);
}
