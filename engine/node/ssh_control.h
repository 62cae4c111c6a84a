/* ssh_control: the shell that stands by on a node: signals while the session lasts, and an end to
 * what is left when it is cut. */
#ifndef SSH_CONTROL_H
#define SSH_CONTROL_H

#include "core/buf.h"

/* A session's name, in what it starts as the variable MOONRIG_SESSION. */
#define SSH_SESSION_SIZE 17
void ssh_control_name(char *session, size_t size);

/* The command that makes it; the caller's. */
char *ssh_control_command(const char *session);

/* What it is told; lines, added to `out`. */
void ssh_control_kill(struct buf *out, int sig, long pid, bool group_only);
/* Run argv once the session has ended, however that came. False for words that no line holds. */
bool ssh_control_undo(struct buf *out, int id, char *const *argv);
void ssh_control_drop(struct buf *out, int id);
/* The session ends in peace: nothing is just being started. */
void ssh_control_end(struct buf *out);

#endif
