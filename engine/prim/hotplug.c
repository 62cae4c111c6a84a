/* hotplug: commands to the prompt of DPDK's hotplug_mp example. */
#include "prim/hotplug.h"

#include "core/buf.h"

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
