/* hotplug: DPDK's hotplug_mp example: its options, and commands to its prompt. */
#include "prim/prims.h"

static const struct prim_option options[] = {
	{ "program", .initial = "hotplug_mp" },
	{ 0 },
};

struct prim hotplug_mp_prim = {
	.name = "hotplug_mp",
	.class = "hotplug_mp.Options",
	.words = "Options of t:hotplug_mp and vm:hotplug_mp.",
	.module = "dpdk.hotplug",
	.parts = { eal_options, mp_options, options },
	/* examples/multi_process/hotplug_mp/main.c */
	.prompt = "\nexample> ",
	.quit = "quit",
};

/* RDLINE_BUF_SIZE (lib/cmdline/cmdline_rdline.h) less verb and terminator */
#define DEVARGS_MAX 500

static bool
fits(const char *devargs)
{
	size_t len = strlen(devargs);

	if (len == 0 || len > DEVARGS_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)devargs[i] <= ' ' || devargs[i] == 0x7f || devargs[i] == '?')
			return false;
	return true;
}

char *
hotplug_line(const char *verb, const char *devargs)
{
	if (strcmp(verb, "list") == 0)
		return devargs == NULL ? xstrdup(verb) : NULL;
	if (strcmp(verb, "attach") != 0 && strcmp(verb, "detach") != 0)
		return NULL;
	return devargs != NULL && fits(devargs) ? xsprintf("%s %s", verb, devargs) : NULL;
}
