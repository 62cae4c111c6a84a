/* ssh_chan: a program on a node reached by SSH, as a channel. */
#ifndef SSH_CHAN_H
#define SSH_CHAN_H

#include "node/ssh_control.h"

/* The command line that any login shell takes: sh, bash, zsh, fish, csh. The caller frees it. */
char *ssh_chan_line(const struct chan_spec *spec, const char *session);

/* Start it in its turn; see ssh.h. */
struct chan *ssh_chan_spawn(struct ssh_control *control, const struct chan_spec *spec);

#endif
