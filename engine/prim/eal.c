/* eal: options of every DPDK program, and the first words of its command line. */
#include "prim/prims.h"

const struct prim_option eal_options[] = {
	{ "program", "text", .flag = "%s", .words = "a name on PATH, or a path" },
	{ "name", "text", .words = "of its console and transcript" },
	{ "timeout", "span", "seconds", .words = "until it is ready" },
	{ "env", "env", .words = "more variables of its environment: { NAME = \"value\" }" },
	{ "cwd", "text", .words = "its working folder" },
	/* Lua gives the words: "-l", "1-6", or "--lcores", "1@0,2@1" */
	{ "lcores", "string|number|table", .flag = "%s",
	  .words =
		  "\"0-3\", a map \"1@0,(2-3)@1\", or an array of ids; fitted to the present processors" },
	/* the version is printed: what is known of it holds for that of the process that runs */
	{ .flag = "-v" },
	{ .flag = "-n 4" },
	{ "proc_type", "string", .of = "auto primary secondary", .flag = "--proc-type=%s",
	  .words = "its role among processes with the same file_prefix" },
	{ "file_prefix", "text", .flag = "--file-prefix=%s",
	  .words = "the EAL's; a primary and its secondaries share one" },
	{ "iova_mode", "string", .of = "pa va", .flag = "--iova-mode=%s",
	  .words = "of its addresses; pa in a guest, with hugepages" },
	/* without hugepages nothing is shared, so neither is the configuration */
	{ "hugepages", "boolean", .flag = "no: --no-huge --no-shconf",
	  .words = "a primary and its secondaries share memory in them" },
	{ "memory", "count", "MiB", .flag = "-m %s", .words = "for the EAL" },
	{ "pci", "boolean", .flag = "no: --no-pci", .words = "probes PCI devices" },
	{ "allow", "words", .flag = "-a %s", .since = "DPDK 20.11",
	  .words = "the only PCI addresses to probe" },
	{ "vdevs", "vdevs", .flag = "--vdev %s",
	  .words = "{ \"net_vhost0\", iface = \"vhost-net\", queues = 2 }; sockets lie in the "
		   "case's folder, a vhost's once it is up" },
	{ "eal", "words", .flag = "%s", .words = "more words for the EAL" },
	{ 0 },
};
