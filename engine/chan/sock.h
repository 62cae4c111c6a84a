/* sock: unix sockets by their paths. */
#ifndef SOCK_H
#define SOCK_H

#include <sys/un.h>

/* A stream socket that does not wait, and PATH as an address for it. -errno, -ENAMETOOLONG. */
int sock_new(const char *path, struct sockaddr_un *addr);

#endif
