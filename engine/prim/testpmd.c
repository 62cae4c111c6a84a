/* testpmd: DPDK's dpdk-testpmd, its options. Its prompt: app/test-pmd/cmdline.c. */
#include "prim/prims.h"

static const struct prim_option options[] = {
	{ .flag = "-- -i" },
	{ "nb_cores", "count", .flag = "--nb-cores=%s", .words = "lcores that forward" },
	{ "rxq", "count", .flag = "--rxq=%s", .words = "queues to receive from, each port" },
	{ "txq", "count", .flag = "--txq=%s", .words = "queues to send on, each port" },
	{ "txd", "count", .flag = "--txd=%s", .words = "descriptors a send queue" },
	{ "rxd", "count", .flag = "--rxd=%s", .words = "descriptors a receive queue" },
	{ "mbufs", "count", .flag = "--total-num-mbufs=%s",
	  .words =
		  "mbufs in the pool (8192, or as many as the queues can hold; testpmd's own with hugepages of this machine)" },
	{ "args", "words", .flag = "%s", .words = "more words for testpmd" },
	/* other defaults than the EAL's */
	{ "program", .initial = "dpdk-testpmd" },
	{ "name", .initial = "testpmd" },
	{ "timeout", .initial = "30" },
	{ "file_prefix", .initial = "vhost" },
	{ "hugepages", .initial = "false",
	  .words =
		  "without it as --hugepages: on this machine where enough are free; in a guest that has some" },
	{ "pci", .initial = "false",
	  .words = "probes PCI devices; true in a guest, without vdevs" },
	{ "memory", .words = "for the EAL; without hugepages 512, or as the mbufs need" },
	{ 0 },
};

struct prim testpmd_prim = {
	.name = "testpmd",
	.class = "testpmd.Options",
	.words = "Options of t:testpmd.",
	.module = "dpdk.testpmd",
	.parts = { eal_options, options },
	.prompt = "\ntestpmd> ",
	.quit = "quit",
};
