/* sock: unix sockets by their paths. */
#ifndef SOCK_H
#define SOCK_H

#include <sys/un.h>

/* A non-blocking socket of this type (SOCK_STREAM, SOCK_SEQPACKET), and PATH as its address.
 * -errno, -ENAMETOOLONG. */
int sock_new(const char *path, int type, struct sockaddr_un *addr);
/* The same, connected. */
int sock_connect(const char *path, int type);

#endif
