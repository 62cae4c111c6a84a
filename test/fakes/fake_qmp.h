/* fake_qmp: a scripted QEMU (or guest agent) on the loop of the test itself. */
#ifndef FAKE_QMP_H
#define FAKE_QMP_H

#include <jansson.h>

#include "fakes/fake_socket.h"

struct fake_qmp;

#define FAKE_QMP_GREETING                                                                          \
	"{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 18, \"minor\": 2, \"major\": 7}, "         \
	"\"package\": \"\"}, \"capabilities\": [\"oob\"]}}\r\n"

/* Called for each command. May answer by fake_qmp_*, now or later. */
typedef void (*fake_qmp_fn)(void *arg, struct fake_qmp *f, const char *command, json_t *msg);

/* Listen at `path`; send `greeting` (NULL: nothing) to a new client; one client at a time. */
struct fake_qmp *fake_qmp_new(const char *path, const char *greeting, fake_qmp_fn fn, void *arg);

/* Send any bytes. */
void fake_qmp_send(struct fake_qmp *f, const char *bytes, size_t len);
#define fake_qmp_text(f, ...) fake_socket_text((struct fake_socket *)(f), __VA_ARGS__)

/* Send {"return": result, "id": that of msg}; takes over result (NULL: {}). */
void fake_qmp_return(struct fake_qmp *f, json_t *msg, json_t *result);

/* How many bytes were no command: 0xff, and half of one. */
size_t fake_qmp_junk(const struct fake_qmp *f);

/* Close the connection of the client. */
void fake_qmp_hang_up(struct fake_qmp *f);
void fake_qmp_free(struct fake_qmp *f);

#endif
