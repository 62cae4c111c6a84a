/* ssh_control: the shell that stands by on a node: signals while the session lasts, and an end to
 * what is left when it is cut. */
#ifndef SSH_CONTROL_H
#define SSH_CONTROL_H

#include "node/ssh_stream.h"

/* Embedded in its owner, zeroed but for the streams. */
struct ssh_control {
	struct ssh_streams *streams;
	struct ssh_stream *shell; /* NULL: not needed yet, or it has ended */
	char session[17];         /* in what is started as the variable MOONRIG_SESSION */
	int undos;
};

/* Have it stand by; before anything is started. The others do so, too. */
void ssh_control_start(struct ssh_control *c);
void ssh_control_kill(struct ssh_control *c, int sig, long pid, bool group_only);
/* Run argv once the session has ended, however that came. An id; 0 for words that no line holds. */
int ssh_control_undo(struct ssh_control *c, char *const *argv);
void ssh_control_drop(struct ssh_control *c, int id);
/* The session ends in peace: nothing is just being started. True once the shell has ended. */
bool ssh_control_end(struct ssh_control *c);

#endif
