/* bind_prim: the primitives, with their options from Lua tables. */
#include <sys/un.h>

#include "bind/bind.h"
#include "bind/bind_node.h"
#include "bind/prim_values.h"
#include "prim/devbind.h"
#include "prim/pci.h"

#define PRIM_ADDRESS(name) &name##_prim,
static struct prim *const prims[] = { PRIMS(PRIM_ADDRESS) };

/* NAME(node, options, spawn) → console */
static int
start(lua_State *L, struct prim *p)
{
	struct node *n = bind_open(L, 1, &bind_node_kind);
	struct spawn_opts o = { .name = p->name, .quit = p->quit, .grace = 10, .tested = true };
	struct prim_values values;
	struct argv *argv;

	bind_check_values(L, 2, p);
	bind_spawn_opts(L, 3, p->name, &o);
	argv = bind_argv(L);
	bind_fill_values(L, 2, &values, p);
	prim_argv(&values, argv);
	prim_free(&values);
	return bind_spawn(L, n, argv->v, &o);
}

#define PRIM_STARTER(name)                                                                         \
	static int l_##name(lua_State *L)                                                          \
	{                                                                                          \
		return start(L, &name##_prim);                                                     \
	}
PRIM_PROGRAMS(PRIM_STARTER)

/* ---- vm ---- */

static void
check_ports(lua_State *L, int index)
{
	if (!lua_istable(L, index))
		luaL_error(L, "vm: the ports are an array of tables");
	for (size_t i = 1; i <= lua_objlen(L, index); i++) {
		lua_rawgeti(L, index, (int)i);
		bind_check_values(L, lua_gettop(L), &vm_port_prim);
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

/* QEMU's command line of options and ports, which were checked. Returns its memory_fd. */
static int
read_vm(lua_State *L, struct argv *argv)
{
	size_t n = lua_objlen(L, 2);
	struct prim_values vm, *ports = xcalloc(n + 1, sizeof(*ports));
	int fd;

	bind_fill_values(L, 1, &vm, &vm_prim);
	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(L, 2, (int)i + 1);
		bind_fill_values(L, lua_gettop(L), &ports[i], &vm_port_prim);
		lua_pop(L, 1);
	}
	vm_argv(&vm, ports, n, argv);
	fd = prim_int(&vm, "memory_fd");
	for (size_t i = 0; i < n; i++)
		prim_free(&ports[i]);
	free(ports);
	prim_free(&vm);
	return fd;
}

/* vm(options, ports, spawn) → QEMU's console (its stdout and stderr) */
static int
l_vm(lua_State *L)
{
	struct spawn_opts o = { .name = "qemu", .grace = 5, .tested = true };
	struct argv *argv;

	bind_check_values(L, 1, &vm_prim);
	check_ports(L, 2);
	bind_spawn_opts(L, 3, vm_prim.name, &o);
	argv = bind_argv(L);
	o.keep = read_vm(L, argv);
	return bind_spawn(L, node_here(), argv->v, &o);
}

/* vm_argv(options, ports) → the command line that vm() would start, an array */
static int
l_vm_argv(lua_State *L)
{
	struct argv *argv;

	bind_check_values(L, 1, &vm_prim);
	check_ports(L, 2);
	argv = bind_argv(L);
	read_vm(L, argv);
	lua_createtable(L, (int)argv->n, 0);
	for (size_t i = 0; i < argv->n; i++) {
		lua_pushstring(L, argv->v[i]);
		lua_rawseti(L, -2, (int)i + 1);
	}
	return 1;
}

/* ---- devbind ---- */

static int
push_devbind(lua_State *L, void *arg, int status)
{
	struct devbind *d = arg;
	int n = 1;

	if (status < 0) {
		n = bind_fail(L, status, "devbind", d->error, NULL);
	} else {
		lua_newtable(L);
		for (size_t i = 0; i < d->devices->n; i++) {
			lua_createtable(L, 0, 2);
			bind_set_text(L, "old", d->results[i].old_driver);
			bind_set_text(L, "new", d->results[i].new_driver);
			lua_setfield(L, -2, d->devices->v[i]);
		}
	}
	res_drop(&d->res);
	return n;
}

static void
check_addresses(lua_State *L)
{
	char name[PCI_NAME_SIZE];

	lua_getfield(L, 2, "devices");
	if (lua_objlen(L, -1) == 0 || lua_objlen(L, -1) > DEVBIND_MAX)
		luaL_error(L, "devbind: 1 to %d devices are expected", DEVBIND_MAX);
	for (size_t i = 1; i <= lua_objlen(L, -1); i++) {
		lua_rawgeti(L, -1, (int)i);
		if (!pci_name(lua_tostring(L, -1), name))
			luaL_error(
				L,
				"devbind: \"%s\" is no PCI address: 0000:00:05.0 is one, or 00:05.0",
				lua_tostring(L, -1));
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

/* devbind(node, { devices, driver, and devbind_prim's }) → { [address] = { old, new } }. Without a
 * program the node's shell binds, over sysfs; `restore` needs one. */
static int
l_devbind(lua_State *L)
{
	struct node *n = bind_open(L, 1, &bind_node_kind);
	struct prim_values values;
	struct devbind *d;
	struct wait *w;
	int rc;

	bind_check_values(L, 2, &devbind_prim);
	check_addresses(L);
	/* the binding is the wait's argument, and only known once it has started */
	w = task_wait(L, push_devbind, NULL);
	bind_fill_values(L, 2, &values, &devbind_prim);
	rc = devbind_start(&d, task_scope(), n, &values, w);
	if (rc < 0)
		return bind_fail(L, rc, "devbind", NULL, NULL);
	task_wait(L, push_devbind, d);
	return task_park(L);
}

/* pci_name(text) → "0000:05:00.0" for a PCI address in any form, as sysfs and DPDK name the device;
 * nil for another text */
static int
l_pci_name(lua_State *L)
{
	char name[PCI_NAME_SIZE];

	return pci_name(luaL_checkstring(L, 1), name) ? bind_text(L, name) : 0;
}

/* ---- hotplug ---- */

/* hotplug_line(verb, devargs) → the line for hotplug_mp's prompt */
static int
l_hotplug_line(lua_State *L)
{
	const char *verb = luaL_checkstring(L, 1), *devargs = luaL_optstring(L, 2, NULL);
	char *line = hotplug_line(verb, devargs);

	if (line == NULL)
		return luaL_error(L,
				  "hotplug: \"%s %s\" is no command of hotplug_mp: expected list, "
				  "attach DEVARGS or detach DEVARGS, one word of at most 500 bytes",
				  verb, devargs != NULL ? devargs : "");
	lua_pushstring(L, line);
	free(line);
	return 1;
}

#define PRIM_ROW(name) { #name, l_##name, BIND_ACT },
static const struct bind_row functions[] = {
	PRIM_PROGRAMS(PRIM_ROW){ "vm", l_vm, BIND_ACT },
	{ "vm_argv", l_vm_argv, BIND_SAME },
	{ "devbind", l_devbind, BIND_WAIT },
	{ "pci_name", l_pci_name, BIND_SAME },
	{ "hotplug_line", l_hotplug_line, BIND_SAME },
	{ NULL, NULL, 0 },
};

/* engine.prims: an array, and by name: what each takes (engine/prim/option.h). */
static void
set_prims(lua_State *L)
{
	lua_newtable(L);
	for (size_t i = 0; i < sizeof(prims) / sizeof(prims[0]); i++) {
		bind_push_prim(L, prims[i]);
		lua_pushvalue(L, -1);
		lua_rawseti(L, -3, (int)i + 1);
		lua_setfield(L, -2, prims[i]->name);
	}
	lua_setfield(L, -2, "prims");
}

const struct bind_file bind_prim = { .functions = functions, .more = set_prims };
