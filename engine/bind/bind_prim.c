/* bind_prim: testpmd, vm, mp, devbind and hotplug from Lua tables. */
#include <errno.h>
#include <stdio.h>
#include <sys/un.h>

#include "bind/bind.h"
#include "bind/spawn.h"
#include "console/console.h"
#include "prim/devbind.h"
#include "prim/hotplug.h"
#include "prim/mp.h"
#include "prim/testpmd.h"
#include "prim/vm.h"

/* ---- testpmd ---- */

struct testpmd_opts {
	struct testpmd_conf conf;
	struct spawn_opts spawn;
};

#define PMD(field) offsetof(struct testpmd_opts, conf.field)

static const struct opt testpmd_spec[] = {
	{ "program", OPT_STR, PMD(program), false },
	{ "lcores", OPT_STR, PMD(lcores), false },
	{ "file_prefix", OPT_STR, PMD(file_prefix), false },
	{ "memory", OPT_INT, PMD(memory), false },
	{ "hugepages", OPT_BOOL, PMD(hugepages), false },
	{ "pci", OPT_BOOL, PMD(pci), false },
	{ "vdevs", OPT_LIST, PMD(vdevs), false },
	{ "allow", OPT_LIST, PMD(allow), false },
	{ "eal", OPT_LIST, PMD(eal), false },
	{ "nb_cores", OPT_INT, PMD(nb_cores), false },
	{ "rxq", OPT_INT, PMD(rxq), false },
	{ "txq", OPT_INT, PMD(txq), false },
	{ "rxd", OPT_INT, PMD(rxd), false },
	{ "txd", OPT_INT, PMD(txd), false },
	{ "mbufs", OPT_INT, PMD(mbufs), false },
	{ "args", OPT_LIST, PMD(args), false },
	SPAWN_OPTS(struct testpmd_opts, spawn.),
	OPT_END,
};

/* testpmd(node, conf) → console; its prompt is TESTPMD_PROMPT */
static int
l_testpmd(lua_State *L)
{
	struct node *n = bind_open(L, 1, &bind_node_kind);
	struct testpmd_opts o = { .conf = { .program = "dpdk-testpmd" },
				  .spawn = {
					  .name = "testpmd", .quit = TESTPMD_QUIT, .grace = 10 } };
	struct argv argv = { 0 };
	int rc;

	bind_check_opts(L, 2, "testpmd", testpmd_spec);
	bind_fill_opts(L, 2, testpmd_spec, &o);
	testpmd_argv(&o.conf, &argv);
	rc = bind_spawn(L, n, &argv, &o.spawn);
	argv_free(&argv);
	bind_free_opts(testpmd_spec, &o);
	return rc;
}

/* ---- mp ---- */

struct mp_opts {
	struct mp_conf conf;
	struct spawn_opts spawn;
};

#define MP(field) offsetof(struct mp_opts, conf.field)

static const struct opt mp_spec[] = {
	{ "program", OPT_STR, MP(program), true },
	{ "lcores", OPT_STR, MP(lcores), false },
	{ "proc_type", OPT_STR, MP(proc_type), false },
	{ "file_prefix", OPT_STR, MP(file_prefix), false },
	{ "iova_mode", OPT_STR, MP(iova_mode), false },
	{ "eal", OPT_LIST, MP(eal), false },
	{ "portmask", OPT_STR, MP(portmask), false },
	{ "num_procs", OPT_INT, MP(num_procs), false },
	{ "proc_id", OPT_INT, MP(proc_id), false },
	{ "args", OPT_LIST, MP(args), false },
	SPAWN_OPTS(struct mp_opts, spawn.),
	OPT_END,
};

static const char *const proc_types[] = { "auto", "primary", "secondary", NULL };

/* mp(node, conf) → console */
static int
l_mp(lua_State *L)
{
	struct node *n = bind_open(L, 1, &bind_node_kind);
	struct mp_opts o = { .conf = { .proc_type = "auto", .num_procs = -1, .proc_id = -1 },
			     .spawn = { .name = "mp", .grace = 10 } };
	struct argv argv = { 0 };
	int rc = 0;

	bind_check_opts(L, 2, "mp", mp_spec);
	lua_getfield(L, 2, "proc_type");
	if (!lua_isnil(L, -1)) {
		while (proc_types[rc] != NULL && strcmp(proc_types[rc], lua_tostring(L, -1)) != 0)
			rc++;
		if (proc_types[rc] == NULL)
			return bind_unknown(L, "mp: proc_type is auto, primary or secondary, not",
					    lua_tostring(L, -1), proc_types);
	}
	lua_pop(L, 1);
	bind_fill_opts(L, 2, mp_spec, &o);
	mp_argv(&o.conf, &argv);
	rc = bind_spawn(L, n, &argv, &o.spawn);
	argv_free(&argv);
	bind_free_opts(mp_spec, &o);
	return rc;
}

/* ---- vm ---- */

struct vm_opts {
	struct vm_conf conf;
	struct spawn_opts spawn;
};

#define VM(field) offsetof(struct vm_opts, conf.field)

static const struct opt vm_spec[] = {
	{ "program", OPT_STR, VM(program), false },
	{ "accel", OPT_STR, VM(accel), true },
	{ "cpu", OPT_STR, VM(cpu), true },
	{ "cpus", OPT_INT, VM(cpus), true },
	{ "memory", OPT_INT, VM(memory), true },
	{ "kernel", OPT_STR, VM(kernel), true },
	{ "initrd", OPT_STR, VM(initrd), false },
	{ "disk", OPT_STR, VM(disk), false },
	{ "append", OPT_STR, VM(append), true },
	{ "memory_path", OPT_STR, VM(memory_path), false },
	{ "memory_fd", OPT_INT, VM(memory_fd), false },
	{ "paused", OPT_BOOL, VM(paused), false },
	{ "incoming", OPT_BOOL, VM(incoming), false },
	{ "serial", OPT_STR, VM(serial), true },
	{ "qmp", OPT_STR, VM(qmp), true },
	{ "agent", OPT_STR, VM(agent), false },
	{ "vnc", OPT_STR, VM(vnc), false },
	{ "mgmt_mac", OPT_STR, VM(mgmt_mac), true },
	{ "ssh_port", OPT_INT, VM(ssh_port), false },
	{ "machine", OPT_STR, VM(machine), false },
	{ "iommu", OPT_STR, VM(iommu), false },
	{ "prealloc", OPT_BOOL, VM(prealloc), false },
	{ "disk_addr", OPT_STR, VM(disk_addr), false },
	{ "mgmt_addr", OPT_STR, VM(mgmt_addr), false },
	{ "serial_addr", OPT_STR, VM(serial_addr), false },
	{ "slots", OPT_INT, VM(slots), false },
	{ "extra", OPT_LIST, VM(extra), false },
	SPAWN_OPTS(struct vm_opts, spawn.),
	OPT_END,
};

#define PORT(field) offsetof(struct vm_port, field)

static const struct opt port_spec[] = {
	{ "socket", OPT_STR, PORT(socket), true },
	{ "server", OPT_BOOL, PORT(server), false },
	{ "mac", OPT_STR, PORT(mac), true },
	{ "queues", OPT_INT, PORT(queues), false },
	{ "mrg_rxbuf", OPT_BOOL, PORT(mrg_rxbuf), false },
	{ "csum", OPT_BOOL, PORT(csum), false },
	{ "mq", OPT_BOOL, PORT(mq), false },
	{ "vectors", OPT_INT, PORT(vectors), false },
	{ "addr", OPT_STR, PORT(addr), false },
	OPT_END,
};

static void
check_ports(lua_State *L, int index)
{
	if (!lua_istable(L, index))
		luaL_error(L, "vm: the ports are an array of tables");
	for (size_t i = 1; i <= lua_objlen(L, index); i++) {
		lua_rawgeti(L, index, (int)i);
		bind_check_opts(L, lua_gettop(L), "vm port", port_spec);
		lua_getfield(L, -1, "socket");
		if (lua_objlen(L, -1) >= sizeof(((struct sockaddr_un *)0)->sun_path))
			luaL_error(
				L,
				"vm port: socket path \"%s\" is too long: %d bytes, at most %d fit",
				lua_tostring(L, -1), (int)lua_objlen(L, -1),
				(int)sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
		lua_pop(L, 2);
	}
}

/* The arguments of vm and vm_argv: `o` and QEMU's command line; the strings of `o` stay Lua's. */
static void
read_vm(lua_State *L, struct vm_opts *o, struct argv *argv)
{
	size_t n;

	*o = (struct vm_opts){
		.conf = { .program = "qemu-system-x86_64", .name = "vm", .machine = "q35" },
		.spawn = { .name = "qemu", .grace = 5 }
	};
	bind_check_opts(L, 1, "vm", vm_spec);
	check_ports(L, 2);
	n = lua_objlen(L, 2);
	bind_fill_opts(L, 1, vm_spec, o);
	o->conf.ports = xcalloc(n + 1, sizeof(*o->conf.ports));
	o->conf.n_ports = n;
	for (size_t i = 0; i < n; i++) {
		struct vm_port *p = &o->conf.ports[i];

		*p = (struct vm_port){
			.queues = 1, .mrg_rxbuf = true, .csum = true, .vectors = -1
		};
		lua_rawgeti(L, 2, (int)i + 1);
		bind_fill_opts(L, lua_gettop(L), port_spec, p);
		lua_pop(L, 1);
	}
	o->spawn.keep = o->conf.memory_fd;
	vm_argv(&o->conf, argv);
}

static void
free_vm(struct vm_opts *o, struct argv *argv)
{
	free(o->conf.ports);
	argv_free(argv);
	bind_free_opts(vm_spec, o);
}

/* vm(conf, ports) → QEMU's console (its stdout and stderr) */
static int
l_vm(lua_State *L)
{
	struct vm_opts o;
	struct argv argv = { 0 };
	int rc;

	read_vm(L, &o, &argv);
	rc = bind_spawn(L, node_here(), &argv, &o.spawn);
	free_vm(&o, &argv);
	return rc;
}

/* vm_argv(conf, ports) → the command line that vm() would start, an array */
static int
l_vm_argv(lua_State *L)
{
	struct vm_opts o;
	struct argv argv = { 0 };

	read_vm(L, &o, &argv);
	lua_createtable(L, (int)argv.n, 0);
	for (size_t i = 0; i < argv.n; i++) {
		lua_pushstring(L, argv.v[i]);
		lua_rawseti(L, -2, (int)i + 1);
	}
	free_vm(&o, &argv);
	return 1;
}

/* ---- devbind ---- */

struct devbind_opts {
	struct devbind_conf conf;
	double timeout;
};

static const struct opt devbind_spec[] = {
	{ "program", OPT_STR, offsetof(struct devbind_opts, conf.program), false },
	{ "driver", OPT_STR, offsetof(struct devbind_opts, conf.driver), true },
	{ "devices", OPT_LIST, offsetof(struct devbind_opts, conf.devices), true },
	{ "sysfs", OPT_STR, offsetof(struct devbind_opts, conf.sysfs), false },
	{ "routes", OPT_STR, offsetof(struct devbind_opts, conf.routes), false },
	{ "restore", OPT_BOOL, offsetof(struct devbind_opts, conf.restore), false },
	{ "timeout", OPT_NUM, offsetof(struct devbind_opts, timeout), false },
	OPT_END,
};

struct binding {
	struct devbind *devbind;
	struct argv devices;
};

static int
push_devbind(lua_State *L, void *arg, int status)
{
	struct binding *b = arg;
	int n = 1;

	if (status < 0) {
		n = bind_fail(L, status, "devbind", devbind_error(b->devbind), NULL);
	} else {
		lua_newtable(L);
		for (size_t i = 0; i < b->devices.n; i++) {
			const struct devbind_one *one = &devbind_results(b->devbind)[i];

			lua_createtable(L, 0, 2);
			lua_pushstring(L, one->old_driver);
			lua_setfield(L, -2, "old");
			lua_pushstring(L, one->new_driver);
			lua_setfield(L, -2, "new");
			lua_setfield(L, -2, b->devices.v[i]);
		}
	}
	res_drop(devbind_res(b->devbind));
	argv_free(&b->devices);
	free(b);
	return n;
}

static void
check_addresses(lua_State *L)
{
	lua_getfield(L, 2, "devices");
	if (lua_objlen(L, -1) == 0 || lua_objlen(L, -1) > DEVBIND_MAX)
		luaL_error(L, "devbind: 1 to %d devices are expected", DEVBIND_MAX);
	for (size_t i = 1; i <= lua_objlen(L, -1); i++) {
		lua_rawgeti(L, -1, (int)i);
		if (!devbind_is_address(lua_tostring(L, -1)))
			luaL_error(L, "devbind: \"%s\" is no PCI address: 0000:00:05.0 is one",
				   lua_tostring(L, -1));
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

/* devbind(node, { devices, driver, program, sysfs, routes, restore, timeout }) →
 * { [address] = { old, new } }. Without a program the node's shell binds, over
 * sysfs; `restore` needs one. */
static int
l_devbind(lua_State *L)
{
	struct node *n = bind_open(L, 1, &bind_node_kind);
	struct devbind_opts o = { .conf = { .sysfs = "/sys", .routes = "/proc/net/route" },
				  .timeout = 60 };
	struct binding *b;
	struct wait *w;
	int rc;

	bind_check_opts(L, 2, "devbind", devbind_spec);
	check_addresses(L);
	task_check(L);
	bind_fill_opts(L, 2, devbind_spec, &o);
	b = xcalloc(1, sizeof(*b));
	b->devices = o.conf.devices;
	w = task_wait(L, push_devbind, b);
	rc = devbind_start(&b->devbind, scope_root(), n, &o.conf, o.timeout, w);
	if (rc == 0)
		return task_park(L);
	argv_free(&b->devices);
	free(b);
	return bind_fail(L, rc, "devbind", NULL, NULL);
}

/* ---- hotplug ---- */

/* hotplug_line(verb, devargs) → the line for hotplug_mp's prompt */
static int
l_hotplug_line(lua_State *L)
{
	const char *verb = luaL_checkstring(L, 1), *devargs = luaL_optstring(L, 2, NULL);
	char *line = hotplug_line(verb, devargs);

	if (line == NULL)
		return luaL_error(
			L,
			"hotplug: \"%s %s\" is nothing that hotplug_mp's prompt can take: list, "
			"attach DEVARGS or detach DEVARGS, one word of at most 500 bytes",
			verb, devargs != NULL ? devargs : "");
	lua_pushstring(L, line);
	free(line);
	return 1;
}

static const struct bind_row functions[] = {
	{ "testpmd", l_testpmd, BIND_ACT },
	{ "mp", l_mp, BIND_ACT },
	{ "vm", l_vm, BIND_ACT },
	{ "vm_argv", l_vm_argv, BIND_SAME },
	{ "devbind", l_devbind, BIND_WAIT },
	{ "hotplug_line", l_hotplug_line, BIND_SAME },
	{ NULL, NULL, 0 },
};

void
bind_prim(lua_State *L)
{
	bind_rows(L, "engine", functions, BIND_FUNCTIONS);
	lua_newtable(L);
	lua_pushliteral(L, TESTPMD_PROMPT);
	lua_setfield(L, -2, "testpmd");
	lua_pushliteral(L, HOTPLUG_PROMPT);
	lua_setfield(L, -2, "hotplug");
	lua_setfield(L, -2, "prompts");
}
