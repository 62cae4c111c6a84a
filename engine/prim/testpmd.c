/* testpmd: DPDK's dpdk-testpmd, its command line from options. */
#include "prim/testpmd.h"

#include "prim/eal.h"

static void
number(struct argv *out, const char *option, int value)
{
	if (value > 0)
		argv_printf(out, "--%s=%d", option, value);
}

void
testpmd_argv(const struct testpmd_conf *c, struct argv *out)
{
	argv_add(out, c->program);
	eal_lcores(out, c->lcores);
	argv_add(out, "-n");
	argv_add(out, "4");
	if (c->file_prefix != NULL)
		argv_printf(out, "--file-prefix=%s", c->file_prefix);
	eal_memory(out, c->hugepages, c->memory);
	if (!c->pci && c->allow.n == 0)
		argv_add(out, "--no-pci");
	eal_list(out, "-a", &c->allow);
	eal_list(out, "--vdev", &c->vdevs);
	eal_list(out, NULL, &c->eal);
	argv_add(out, "--");
	argv_add(out, "-i");
	number(out, "nb-cores", c->nb_cores);
	number(out, "rxq", c->rxq);
	number(out, "txq", c->txq);
	number(out, "txd", c->txd);
	number(out, "rxd", c->rxd);
	number(out, "total-num-mbufs", c->mbufs);
	eal_list(out, NULL, &c->args);
}
