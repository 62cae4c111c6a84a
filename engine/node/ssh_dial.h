/* ssh_dial: a TCP connection to a host by name, made without blocking. */
#ifndef SSH_DIAL_H
#define SSH_DIAL_H

struct ssh_dial;

/* Called once, with a connected, non-blocking descriptor (now the callback's) or -errno (-ENOENT:
 * no such host). */
typedef void (*ssh_dialled)(void *arg, int fd);

/* Resolve, then try each address in turn. -errno when nothing was started. */
int ssh_dial(struct ssh_dial **out, const char *host, int port, ssh_dialled fn, void *arg);

/* Give up; fn is not called any more. */
void ssh_dial_stop(struct ssh_dial **d);

#endif
