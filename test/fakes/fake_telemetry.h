/* fake_telemetry: a scripted DPDK telemetry socket on the loop of the test itself. */
#ifndef FAKE_TELEMETRY_H
#define FAKE_TELEMETRY_H

#include "fakes/fake_socket.h"

struct fake_telemetry;

#define FAKE_TELEMETRY_GREETING                                                                    \
	"{\"version\":\"DPDK 22.11.11\",\"pid\":4711,\"max_output_len\":16384}"

/* Called for each command. */
typedef void (*fake_telemetry_fn)(void *arg, struct fake_telemetry *f, const char *command);

/* Listen at `path`; send `greeting` (NULL: nothing) to a new client. */
struct fake_telemetry *
fake_telemetry_new(const char *path, const char *greeting, fake_telemetry_fn fn, void *arg);

/* One packet. */
void fake_telemetry_send(struct fake_telemetry *f, const char *bytes, size_t len);
#define fake_telemetry_text(f, ...) fake_socket_text((struct fake_socket *)(f), __VA_ARGS__)

void fake_telemetry_hang_up(struct fake_telemetry *f);
void fake_telemetry_free(struct fake_telemetry *f);

#endif
