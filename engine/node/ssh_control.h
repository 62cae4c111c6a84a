/* ssh_control: the standby shell on a node. It sends signals during the session, and kills what is
 * left when the session is cut. */
#ifndef SSH_CONTROL_H
#define SSH_CONTROL_H

#include "node/ssh_stream.h"

/* Embedded in its owner, zeroed but for the streams. */
struct ssh_control {
	struct ssh_streams *streams;
	struct ssh_stream *shell; /* NULL: not started yet, or ended */
	char session[17];         /* each program's MOONRIG_SESSION */
	int undos;
	struct buf heard; /* what the login shell first printed before a command, or empty */
};

/* Start the shell, before any program. The others do so, too. */
void ssh_control_start(struct ssh_control *c);
/* The login shell printed this before a command. */
void ssh_control_heard(struct ssh_control *c, const char *bytes, size_t len);
void ssh_control_kill(struct ssh_control *c, int sig, long pid, bool group_only);
/* Run argv once the session has ended or was cut. An id; 0 for words with a newline. */
int ssh_control_undo(struct ssh_control *c, char *const *argv);
void ssh_control_drop(struct ssh_control *c, int id);
/* The session ends normally: no program is just being started. True once the shell has ended. */
bool ssh_control_end(struct ssh_control *c);

#endif
