/* eal: the words that every DPDK program's command line begins with. */
#include "prim/eal.h"

void
eal_lcores(struct argv *out, const char *lcores)
{
	const char *blank = lcores != NULL ? strchr(lcores, ' ') : NULL;

	if (blank == NULL)
		return;
	argv_printf(out, "%.*s", (int)(blank - lcores), lcores);
	argv_add(out, blank + 1);
}

void
eal_memory(struct argv *out, bool hugepages, int mib)
{
	if (!hugepages) {
		argv_add(out, "--no-huge");
		argv_add(out, "--no-shconf");
	}
	if (mib > 0) {
		argv_add(out, "-m");
		argv_printf(out, "%d", mib);
	}
}

void
eal_list(struct argv *out, const char *option, const struct argv *words)
{
	for (size_t i = 0; i < words->n; i++) {
		if (option != NULL)
			argv_add(out, option);
		argv_add(out, words->v[i]);
	}
}
