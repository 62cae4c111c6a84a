/* fdio: non-blocking bytes out of and into descriptors, for channels. */
#ifndef FDIO_H
#define FDIO_H

#include "core/buf.h"
#include "core/loop.h"

struct fdio;
typedef void (*fdio_data)(void *arg, const char *bytes, size_t len);
typedef void (*fdio_end)(void *arg);

/* Take over fd (made non-blocking). `data` NULL: write only. -errno, and fd is closed. */
int fdio_open(struct fdio **out, int fd, fdio_data data, fdio_end end, void *arg);
int fdio_write(struct fdio *f, const char *bytes, size_t len);
/* Written bytes that the peer has not taken yet. */
size_t fdio_unsent(const struct fdio *f);
/* Read no more, or read on. */
void fdio_hold(struct fdio *f, bool on);
/* Call fn(arg) each time that queued bytes were written. It must not close the fdio. */
void fdio_on_room(struct fdio *f, fdio_end fn);
/* Disconnect a socket: drop queued bytes; end() follows the bytes that have come in. */
void fdio_hang_up(struct fdio *f);
/* Close once all was written. */
void fdio_eof(struct fdio *f);
void fdio_close(struct fdio **f);

#endif
