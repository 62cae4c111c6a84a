/* devbind_argv: the command lines that read PCI devices' drivers, and change them. In an emulated
 * CPU a process costs 10 ms and more, Python 3 s: so the shell's builtins do all. */
#include "prim/devbind.h"
#include "prim/prims.h"

static const struct prim_option options[] = {
	{ "how", "string", .of = "sysfs devbind",
	  .words = "a shell script binds, 0.2 s, or the program does, 3 s in an emulated "
		   "guest; devbind where a program or restore is given" },
	{ "program", "text", .flag = "", .words = "the binder (\"dpdk-devbind.py\")" },
	{ "restore", "boolean", .flag = "",
	  .words = "restores the old drivers at the end of the case" },
	{ "timeout", "span", "seconds", "60", .flag = "", .words = "for all devices" },
	{ "sysfs", "string", .initial = "/sys", .flag = "", .words = "the path of sysfs" },
	{ "routes", "string", .initial = "/proc/net/route", .flag = "",
	  .words = "the file of the routes" },
	{ 0 },
};

static const struct prim_option inner[] = {
	{ "devices", "words", .flag = "", .needed = true },
	{ "driver", "text", .flag = "", .needed = true },
	{ 0 },
};

struct prim devbind_prim = {
	.name = "devbind",
	.class = "devbind.Options",
	.words = "Options of vm:bind.",
	.parts = { options },
	.inner = inner,
};

/* $sys is given, an absolute path: driver_of changes the folder. It sets $n, "-" for none: the link
 * is read by its end. look is a subshell, so that a program of a relative path is found afterwards.
 */
#define LOOK                                                                                       \
	"pci=$sys/bus/pci\n"                                                                       \
	"driver_of() { n=-; cd -P \"$pci/devices/$1/driver\" 2>/dev/null && n=${PWD##*/}; }\n"     \
	"is_there() { [ -e \"$pci/devices/$1\" ]; }\n"                                             \
	"look() ( for d; do driver_of \"$d\"; is_there \"$d\" || n=\"?\"; echo \"$d $n\"; done )\n"

static const char look_script[] = "sys=$1; shift\n" LOOK "look \"$@\"\n";

/* Without a program as usertools/dpdk-devbind.py, bind_one and unbind_one. Its rules:
 * - A device stays untouched if its interface has a route that is not link-local
 *   (169.254, whose bytes the kernel shows swapped). A virtual function's link to
 *   its physical one (physfn) is no interface of its own.
 * - driver_override is for DPDK's drivers, which match no device by themselves.
 *   It is emptied afterwards, because it would block all other drivers.
 * - A device that cannot be bound gets its old driver back.
 * That program continues with the next device and exits with 0; this one fails. */
static const char bind_script[] =
	"sys=$1 routes=$2 want=$3 program=$4; shift 4\n" LOOK "fail() { echo \"$*\"; exit 1; }\n"
	"look \"$@\"\n"
	"for d; do is_there \"$d\" || fail \"no device $d\"; done\n"
	"if [ -n \"$program\" ]; then\n"
	" \"$program\" --bind=\"$want\" \"$@\" >&2 || exit\n"
	" look \"$@\"\n"
	" exit\n"
	"fi\n"
	"[ -d \"$pci/drivers/$want\" ] || fail \"driver \\\"$want\\\" is not loaded\"\n"
	"used=\" \"\n"
	"{ read -r head; while read -r i to rest; do"
	" case $to in *FEA9) ;; *) used=\"$used$i \" ;; esac; done; } <\"$routes\""
	" || fail \"cannot read the routes\"\n"
	"for d; do\n"
	" driver_of \"$d\"; [ \"$n\" != \"$want\" ] || continue\n"
	" cd -P \"$pci/devices/$d\"\n"
	" for i in net/* */net/*; do\n"
	"  [ -h \"${i%/net/*}\" ] || case $used in *\" ${i##*/} \"*)"
	" fail \"$d is in use: a route goes through its interface ${i##*/}\" ;; esac\n"
	" done\n"
	"done\n"
	"attach() {\n"
	" case $2 in igb_uio | uio_pci_generic | vfio-pci) o=$2 ;; *) o= ;; esac\n"
	" echo \"$o\" >\"$pci/devices/$1/driver_override\" && echo \"$1\" >\"$pci/drivers/$2/bind\"\n"
	" rc=$?\n"
	" echo >\"$pci/devices/$1/driver_override\" && return $rc\n"
	"}\n"
	"for d; do\n"
	" driver_of \"$d\"; old=$n; [ \"$old\" != \"$want\" ] || continue\n"
	" [ \"$old\" = - ] || echo \"$d\" >\"$pci/drivers/$old/unbind\""
	" || fail \"$d cannot be unbound from $old\"\n"
	" attach \"$d\" \"$want\" && continue\n"
	" [ \"$old\" = - ] || attach \"$d\" \"$old\"\n"
	" fail \"$d cannot be bound to $want\"\n"
	"done\n"
	"look \"$@\"\n";

static const char restore_script[] =
	"p=$1; shift; rc=0; while [ $# -gt 1 ]; do"
	" if [ -n \"$2\" ]; then \"$p\" --bind=\"$2\" \"$1\"; else \"$p\" -u \"$1\"; fi"
	" || rc=1; shift 2; done; exit $rc";

static void
add_script(struct argv *out, const char *script)
{
	argv_add(out, "sh");
	argv_add(out, "-c");
	argv_add(out, script);
	argv_add(out, "devbind");
}

static void
add_value(const struct devbind *d, const char *name, struct argv *out)
{
	const char *text = prim_text(&d->values, name);

	argv_add(out, text != NULL ? text : "");
}

static void
add_devices(const struct devbind *d, struct argv *out)
{
	for (size_t i = 0; i < d->names.n; i++)
		argv_add(out, d->names.v[i]);
}

void
devbind_look_argv(const struct devbind *d, struct argv *out)
{
	add_script(out, look_script);
	add_value(d, "sysfs", out);
	add_devices(d, out);
}

void
devbind_bind_argv(const struct devbind *d, struct argv *out)
{
	add_script(out, bind_script);
	add_value(d, "sysfs", out);
	add_value(d, "routes", out);
	add_value(d, "driver", out);
	add_value(d, "program", out);
	add_devices(d, out);
}

/* One script restores all: devices may have had different drivers. */
void
devbind_restore_argv(const struct devbind *d, struct argv *out)
{
	add_script(out, restore_script);
	add_value(d, "program", out);
	for (size_t i = 0; i < d->names.n; i++) {
		argv_add(out, d->names.v[i]);
		argv_add(out, d->results[i].old_driver);
	}
}
