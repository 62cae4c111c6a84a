/* mp: a DPDK process, primary or secondary, its command line from options. */
#include "prim/mp.h"

#include "prim/eal.h"

void
mp_argv(const struct mp_conf *c, struct argv *out)
{
	argv_add(out, c->program);
	eal_lcores(out, c->lcores);
	argv_add(out, "-n");
	argv_add(out, "4");
	argv_printf(out, "--proc-type=%s", c->proc_type);
	if (c->file_prefix != NULL)
		argv_printf(out, "--file-prefix=%s", c->file_prefix);
	if (c->iova_mode != NULL)
		argv_printf(out, "--iova-mode=%s", c->iova_mode);
	eal_list(out, NULL, &c->eal);
	argv_add(out, "--");
	if (c->portmask != NULL) {
		argv_add(out, "-p");
		argv_add(out, c->portmask);
	}
	if (c->num_procs >= 0)
		argv_printf(out, "--num-procs=%d", c->num_procs);
	if (c->proc_id >= 0)
		argv_printf(out, "--proc-id=%d", c->proc_id);
	eal_list(out, NULL, &c->args);
}
