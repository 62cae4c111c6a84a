/* mp: DPDK's multi-process examples, or any DPDK program, primary or secondary: its options. */
#include "prim/prims.h"

const struct prim_option mp_options[] = {
	{ .flag = "--" },
	{ "portmask", "number|string", .flag = "-p %s", .words = "ports, hexadecimal" },
	{ "num_procs", "count", .flag = "--num-procs=%s", .words = "processes in all" },
	{ "proc_id", "whole", .flag = "--proc-id=%s", .words = "its number among them, from 0" },
	{ "args", "words", .flag = "%s", .words = "more words for the program" },
	/* other defaults than the EAL's */
	{ "timeout", .initial = "60" },
	{ "proc_type", .initial = "auto" },
	{ "hugepages", .initial = "true" },
	{ "pci", .initial = "true" },
	{ 0 },
};

static const struct prim_option console[] = {
	{ "program", .needed = true },
	{ "ready", "text|words",
	  .words = "waits for this text, or one of several; with `quit`, it is the prompt" },
	{ "echo", "boolean", .initial = "true",
	  .words = "it echoes the lines that it reads, as DPDK's command line does: each echo is "
		   "compared with the line" },
	{ "quit", "text", .words = "the line that ends it; without one, SIGTERM" },
	{ 0 },
};

struct prim mp_prim = {
	.name = "mp",
	.class = "mp.Options",
	.words =
		"Options of t:mp and vm:mp. A program that is not on PATH is one of DPDK's examples.",
	.module = "dpdk.mp",
	.parts = { eal_options, mp_options, console },
};
