/* test_telemetry: the telemetry client against a scripted DPDK, here and by socat. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/telemetry.h"
#include "core/buf.h"
#include "fakes/fake_telemetry.h"
#include "units/asked.h"
#include "units/lab.h"

#define SECONDS 10.0

/* ---- a node that is not here: but its processes are ---- */

static const char *instead_of_socat;

static int
there_spawn(struct node *n, struct chan **out, const struct chan_spec *spec)
{
	char *argv[] = { "sh", "-c", (char *)instead_of_socat, NULL };
	struct chan_spec other = { .argv = argv };

	(void)n;
	return chan_spawn(out, instead_of_socat != NULL ? &other : spec);
}

static const struct node_ops there_ops = { .spawn = there_spawn };
static struct node there = { .ops = &there_ops };

/* ---- a DPDK that follows its commands ---- */

static struct fake_telemetry *fake;
static int n_silent;

static void
dpdk_command(void *arg, struct fake_telemetry *f, const char *command)
{
	(void)arg;
	if (strcmp(command, "/big") == 0) {
		struct buf b = { 0 };

		buf_printf(&b, "{\"/big\":[");
		for (int i = 0; i < 5000; i++)
			buf_printf(&b, "\"}%06d\\\"\\\\\",", i);
		buf_printf(&b, "0]}");
		fake_telemetry_send(f, b.data, b.len);
		buf_free(&b);
	} else if (strncmp(command, "/silent", 7) == 0) {
		n_silent++;
	} else if (strcmp(command, "/die") == 0) {
		fake_telemetry_hang_up(f);
	} else if (strcmp(command, "/garble") == 0) {
		fake_telemetry_text(f, "]what?");
	} else if (strcmp(command, "/other") == 0) {
		fake_telemetry_text(f, "{\"/else\":1}");
	} else if (strcmp(command, "/cut") == 0) {
		fake_telemetry_text(f, "{\"/cut\":[1,2");
	} else if (strcmp(command, "/none") == 0) {
		fake_telemetry_text(f, "{\"/none\":null}");
	} else {
		fake_telemetry_text(f, "{\"%.*s\":{\"asked\":\"%s\"}}", (int)strcspn(command, ","),
				    command, command);
	}
}

static struct client *
client(struct node *n, const char *greeting, double seconds, int want)
{
	struct wait *w = drive_new();
	struct client *t;

	n_silent = 0;
	fake = fake_telemetry_new(lab_path("v2"), greeting, dpdk_command, NULL);
	assert_int_equal(telemetry_open(&t, scope_root(), "stats", n, lab_path("v2"), seconds, w),
			 0);
	assert_int_equal(drive_wait(w), want);
	assert_int_equal(want == 0, *client_error(t) == '\0');
	res_hold(&t->res);
	return t;
}

static void
down(struct client *t)
{
	res_close(&t->res);
	assert_int_equal(t->res.state, RES_CLOSED);
	res_drop(&t->res);
	drive_close(scope_root());
	fake_telemetry_free(fake);
	loop_fini();
}

static void
ask(struct asked *a, struct client *t, const char *command, double seconds)
{
	*a = (struct asked){ .w = drive_new() };
	assert_int_equal(telemetry_ask(t, command, seconds, a->w, &a->call), 0);
}

static void
expect_echo(struct asked *a, const char *command)
{
	assert_int_equal(answer(a), 0);
	assert_string_equal(json_string_value(json_object_get(a->result, "asked")), command);
	forget(a);
}

/* ---- the tests, each here and there ---- */

static struct node *
where(void **state)
{
	return *state != NULL ? &there : node_here();
}

static void
requests_get_their_replies_in_turn(void **state)
{
	struct client *t = client(where(state), FAKE_TELEMETRY_GREETING, SECONDS, 0);
	struct asked a, b, c, d;

	assert_int_equal(json_integer_value(json_object_get(telemetry_greeting(t), "pid")), 4711);
	ask(&a, t, "/ethdev/stats,0", SECONDS);
	ask(&b, t, "/none", SECONDS);
	ask(&c, t, "/big", SECONDS);
	ask(&d, t, "/ethdev/stats,1", SECONDS);
	expect_echo(&d, "/ethdev/stats,1");
	expect_echo(&a, "/ethdev/stats,0");
	assert_int_equal(answer(&b), 0);
	assert_true(json_is_null(b.result));
	assert_int_equal(answer(&c), 0);
	assert_int_equal(json_array_size(c.result), 5001);
	forget(&b);
	forget(&c);
	assert_int_equal(telemetry_ask(t, "no slash", SECONDS, NULL, NULL), -EINVAL);
	down(t);
}

static void
a_late_reply_is_dropped(void **state)
{
	struct client *t = client(where(state), FAKE_TELEMETRY_GREETING, SECONDS, 0);
	struct asked a, b, c;

	ask(&a, t, "/silent,1", 0.1);
	ask(&b, t, "/silent,2", SECONDS);
	assert_int_equal(answer(&a), -ETIMEDOUT);
	assert_string_equal(a.error, "no reply to /silent,1 in 0.1 s");
	while (n_silent < 2)
		loop_turn(false);
	ask(&c, t, "/now", SECONDS);
	fake_telemetry_text(fake, "{\"/silent\":1}");
	fake_telemetry_text(fake, "{\"/silent\":2}");
	assert_int_equal(answer(&b), 0);
	assert_int_equal(json_integer_value(b.result), 2);
	expect_echo(&c, "/now");
	forget(&a);
	forget(&b);
	down(t);
}

static void
a_lost_reply_does_not_shift_the_next(void **state)
{
	struct client *t = client(where(state), FAKE_TELEMETRY_GREETING, SECONDS, 0);
	struct asked a, b;

	ask(&a, t, "/silent", 0.1);
	ask(&b, t, "/unsent", 0.05);
	assert_int_equal(answer(&b), -ETIMEDOUT);
	assert_int_equal(answer(&a), -ETIMEDOUT);
	forget(&a);
	forget(&b);
	ask(&a, t, "/now", SECONDS);
	expect_echo(&a, "/now");
	for (int i = 0; i < 4; i++) {
		assert_int_equal(t->res.state, RES_OPEN);
		ask(&a, t, "/silent", 0.05);
		assert_int_equal(answer(&a), -ETIMEDOUT);
		forget(&a);
	}
	assert_int_equal(t->res.state, RES_CLOSED);
	assert_int_equal(telemetry_ask(t, "/now", SECONDS, NULL, NULL), -EPIPE);
	down(t);
}

static void
a_close_by_the_peer_ends_all(void **state)
{
	struct client *t = client(where(state), FAKE_TELEMETRY_GREETING, SECONDS, 0);
	struct asked a, b;

	ask(&a, t, "/die", SECONDS);
	ask(&b, t, "/next", SECONDS);
	assert_int_equal(answer(&a), -EPIPE);
	assert_int_equal(answer(&b), -EPIPE);
	assert_non_null(strstr(b.error, "closed"));
	assert_int_equal(t->res.state, RES_CLOSED);
	forget(&a);
	forget(&b);
	down(t);
}

static void
another_commands_reply_is_an_error(void **state)
{
	struct client *t = client(where(state), FAKE_TELEMETRY_GREETING, SECONDS, 0);
	struct asked a;

	ask(&a, t, "/other", SECONDS);
	assert_int_equal(answer(&a), -EPROTO);
	assert_non_null(strstr(a.error, "/else"));
	forget(&a);
	ask(&a, t, "/now", SECONDS);
	expect_echo(&a, "/now");
	down(t);
}

static void
garbage_in_a_packet_fails_one_request(void **state)
{
	struct client *t = client(node_here(), FAKE_TELEMETRY_GREETING, SECONDS, 0);
	struct asked a, b, c;

	(void)state;
	ask(&a, t, "/garble", SECONDS);
	ask(&b, t, "/cut", SECONDS);
	ask(&c, t, "/now", SECONDS);
	assert_int_equal(answer(&a), -EPROTO);
	assert_non_null(strstr(a.error, "what?"));
	assert_int_equal(answer(&b), -EPROTO);
	expect_echo(&c, "/now");
	forget(&a);
	forget(&b);
	/* a reply without a request fails the client */
	fake_telemetry_text(fake, "{\"/more\":1}");
	while (t->res.state != RES_CLOSED)
		loop_turn(false);
	down(t);
}

static void
garbage_in_a_stream_ends_it(void **state)
{
	struct client *t = client(&there, FAKE_TELEMETRY_GREETING, SECONDS, 0);
	struct asked a, b;

	(void)state;
	ask(&a, t, "/garble", SECONDS);
	ask(&b, t, "/now", SECONDS);
	assert_int_equal(answer(&a), -EPROTO);
	assert_int_equal(answer(&b), -EPROTO);
	assert_int_equal(t->res.state, RES_CLOSED);
	forget(&a);
	forget(&b);
	down(t);
}

static void
another_greeting_is_refused(void **state)
{
	struct client *t = client(where(state), NULL, 0.1, -ETIMEDOUT);

	assert_int_equal(t->res.state, RES_OPEN);
	assert_int_equal(telemetry_ask(t, "/now", SECONDS, NULL, NULL), -EPIPE);
	down(t);
	down(client(where(state), "hello", SECONDS, -EPROTO));
	down(client(where(state), "{\"/now\":1}", SECONDS, -EPROTO));
}

static void
refuse(void *arg, struct fake_telemetry *f, const char *command)
{
	(void)arg;
	(void)f;
	(void)command;
}

static void
a_full_server_closes_the_connection(void **state)
{
	struct wait *w = drive_new();
	struct client *t;

	(void)state;
	fake = fake_telemetry_new(lab_path("v2"), NULL, refuse, NULL);
	assert_int_equal(
		telemetry_open(&t, scope_root(), "stats", node_here(), lab_path("v2"), SECONDS, w),
		0);
	res_hold(&t->res);
	drive_turns(3);
	fake_telemetry_hang_up(fake);
	assert_int_equal(drive_wait(w), -EPIPE);
	assert_non_null(strstr(client_error(t), "ten clients"));
	down(t);
}

static void
an_absent_server_is_an_error(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	struct wait *w = drive_new();
	struct client *t;

	(void)state;
	assert_int_equal(
		telemetry_open(&t, scope_root(), "stats", node_here(), lab_path("v2"), SECONDS, w),
		-ENOENT);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", lab_path("v2"));
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(
		telemetry_open(&t, scope_root(), "stats", node_here(), lab_path("v2"), SECONDS, w),
		-ECONNREFUSED);
	close(fd);
	unlink(lab_path("v2"));
	/* on another node the error is socat's message */
	assert_int_equal(
		telemetry_open(&t, scope_root(), "stats", &there, lab_path("v2"), SECONDS, w), 0);
	assert_int_equal(drive_wait(w), -EPIPE);
	assert_non_null(strstr(client_error(t), "No such file"));
	instead_of_socat = "echo no socat >&2; exit 127";
	w = drive_new();
	assert_int_equal(
		telemetry_open(&t, scope_root(), "stats", &there, lab_path("v2"), SECONDS, w), 0);
	assert_int_equal(drive_wait(w), -ENOENT);
	assert_non_null(strstr(client_error(t), "no socat"));
	instead_of_socat = NULL;
	drive_close(scope_root());
	loop_fini();
}

static void
a_stream_may_come_in_pieces(void **state)
{
	struct wait *w = drive_new();
	struct client *t;
	struct asked a, b;

	(void)state;
	instead_of_socat =
		"for p in '{\"version\":\"1\",\"pi' 'd\":1}'; do printf %s \"$p\"; sleep 0.02; done;"
		"dd bs=2 count=1 2>/dev/null >&2;"
		"for p in '{\"/a\":\"}\\' '\"{\"}' ' {\"/b\":[[' '1]]}'; do printf '%s' \"$p\"; sleep 0.02; done;"
		"cat >/dev/null";
	assert_int_equal(
		telemetry_open(&t, scope_root(), "stats", &there, lab_path("v2"), SECONDS, w), 0);
	assert_int_equal(drive_wait(w), 0);
	ask(&a, t, "/a", 0.0);
	assert_int_equal(answer(&a), -ETIMEDOUT);
	forget(&a);
	ask(&b, t, "/b", SECONDS);
	assert_int_equal(answer(&b), 0);
	assert_int_equal(json_array_size(b.result), 1);
	forget(&b);
	instead_of_socat = NULL;
	drive_close(scope_root());
	loop_fini();
}

/* releases of clang-format differ here */
/* clang-format off */
#define HERE_AND_THERE(f) \
	{ #f " here", f, NULL, NULL, NULL }, { #f " there", f, NULL, NULL, &there }
/* clang-format on */

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		HERE_AND_THERE(requests_get_their_replies_in_turn),
		HERE_AND_THERE(a_late_reply_is_dropped),
		HERE_AND_THERE(a_lost_reply_does_not_shift_the_next),
		HERE_AND_THERE(a_close_by_the_peer_ends_all),
		HERE_AND_THERE(another_commands_reply_is_an_error),
		HERE_AND_THERE(another_greeting_is_refused),
		cmocka_unit_test(garbage_in_a_packet_fails_one_request),
		cmocka_unit_test(garbage_in_a_stream_ends_it),
		cmocka_unit_test(a_full_server_closes_the_connection),
		cmocka_unit_test(an_absent_server_is_an_error),
		cmocka_unit_test(a_stream_may_come_in_pieces),
	};

	return LAB_RUN("telemetry", tests, NULL, NULL);
}
