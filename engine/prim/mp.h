/* mp: a DPDK process, primary or secondary, its command line from options. */
#ifndef MP_H
#define MP_H

#include "core/buf.h"

struct mp_conf {
	const char *program;
	const char *lcores;      /* "-l 1" or "--lcores 1@0", or NULL */
	const char *proc_type;   /* auto, primary, secondary */
	const char *file_prefix; /* or NULL */
	const char *iova_mode;   /* pa, va, or NULL */
	struct argv eal;         /* further EAL words */
	const char *portmask;    /* hexadecimal: -p, or NULL */
	int num_procs, proc_id;  /* -1: not said */
	struct argv args;        /* further words of the program itself */
};

void mp_argv(const struct mp_conf *c, struct argv *out);

#endif
