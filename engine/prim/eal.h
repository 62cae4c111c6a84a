/* eal: the words that every DPDK program's command line begins with. */
#ifndef EAL_H
#define EAL_H

#include "core/buf.h"

/* "-l 1-6" or "--lcores 1@0": split at its first blank. NULL adds nothing. */
void eal_lcores(struct argv *out, const char *lcores);

/* Without hugepages nothing is shared, so no configuration is either: a process
 * with --no-huge is one that has no secondaries. */
void eal_memory(struct argv *out, bool hugepages, int mib);

/* Each word, `option` (may be NULL) before it. */
void eal_list(struct argv *out, const char *option, const struct argv *words);

#endif
