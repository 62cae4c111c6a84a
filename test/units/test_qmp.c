/* test_qmp: the QMP client against a scripted QEMU. */
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

#include "client/qmp.h"
#include "core/buf.h"
#include "core/json.h"
#include "fakes/fake_qmp.h"
#include "units/asked.h"
#include "units/lab.h"

#define SECONDS 10.0

/* ---- a QEMU that follows its commands ---- */

struct qemu {
	struct fake_qmp *fake;
	json_t *held[4]; /* commands to answer later */
	int n_held;
	json_t *silent; /* never answered in time */
};

static void
qemu_command(void *arg, struct fake_qmp *f, const char *command, json_t *msg)
{
	struct qemu *q = arg;
	json_t *args = json_object_get(msg, "arguments");
	json_int_t id = json_integer_value(json_object_get(msg, "id"));

	if (strcmp(command, "qmp_capabilities") == 0)
		fake_qmp_return(f, msg, NULL);
	else if (strcmp(command, "echo") == 0)
		fake_qmp_return(f, msg, json_incref(args));
	else if (strcmp(command, "big") == 0)
		fake_qmp_text(
			f,
			"{\"return\": {\"used\": 18446744073709551615, \"free\": 5}, \"id\": %d}\r\n",
			(int)id);
	else if (strcmp(command, "hold") == 0)
		q->held[q->n_held++] = json_incref(msg);
	else if (strcmp(command, "silence") == 0)
		q->silent = json_incref(msg);
	else if (strcmp(command, "die") == 0)
		fake_qmp_hang_up(f);
	else if (strcmp(command, "garble") == 0)
		fake_qmp_text(f, "\x01 what? \xff\r\n");
	else if (strcmp(command, "nonsense") == 0)
		fake_qmp_text(f, "{\"hello\": \"you\"}\r\n");
	else if (strcmp(command, "device_del") == 0)
		fake_qmp_text(
			f,
			"{\"event\": \"DEVICE_DELETED\", \"data\": {\"device\": \"net0\", \"path\": \"/p\"}, "
			"\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}}\r\n"
			"{\"return\": {}, \"id\": %d}\r\n",
			(int)id);
	else if (strcmp(command, "query-big") == 0) {
		char *big = malloc(1024 * 1024);

		assert_non_null(big);
		memset(big, 'x', 1024 * 1024);
		fake_qmp_return(f, msg, json_stringn(big, 1024 * 1024));
		free(big);
	} else
		fake_qmp_text(
			f, "{\"id\": %d, \"error\": {\"class\": \"%s\", \"desc\": \"no %s\"}}\r\n",
			(int)id,
			strcmp(command, "lost") == 0    ? "DeviceNotFound"
			: strcmp(command, "wrong") == 0 ? "GenericError"
							: "CommandNotFound",
			command);
}

static struct qemu qemu;

static struct client *
qmp_with(const char *greeting, double seconds, int want)
{
	struct wait *w = drive_new();
	struct client *q;
	int status;

	qemu = (struct qemu){ 0 };
	qemu.fake = fake_qmp_new(lab_path("qmp"), greeting, qemu_command, &qemu);
	assert_int_equal(qmp_open(&q, scope_root(), "qemu", lab_path("qmp"), false, seconds, w), 0);
	status = drive_wait(w);
	assert_int_equal(status, want);
	assert_int_equal(want == 0, *client_error(q) == '\0');
	res_hold(&q->res);
	return q;
}

static void
qmp_down(struct client *q)
{
	res_close(&q->res);
	assert_int_equal(q->res.state, RES_CLOSED);
	res_drop(&q->res);
	drive_close(scope_root());
	for (int i = 0; i < qemu.n_held; i++)
		json_decref(qemu.held[i]);
	json_decref(qemu.silent);
	fake_qmp_free(qemu.fake);
	loop_fini();
}

static void
ask(struct asked *a, struct client *q, const char *command, json_t *args)
{
	*a = (struct asked){ .w = drive_new() };
	assert_int_equal(qmp_execute(q, command, args, SECONDS, a->w, &a->call), 0);
}

/* ---- the tests ---- */

static void
a_command_gets_its_reply(void **state)
{
	struct client *q = qmp_with(FAKE_QMP_GREETING, SECONDS, 0);
	struct asked a;

	(void)state;
	ask(&a, q, "echo", json_pack("{s:i}", "x", 5));
	assert_int_equal(answer(&a), 0);
	assert_int_equal(json_integer_value(json_object_get(a.result, "x")), 5);
	forget(&a);
	qmp_down(q);
}

static void
a_number_that_does_not_fit_spoils_no_reply(void **state)
{
	struct client *q = qmp_with(FAKE_QMP_GREETING, SECONDS, 0);
	struct asked a;

	(void)state;
	ask(&a, q, "big", NULL);
	assert_int_equal(answer(&a), 0);
	assert_int_equal(json_integer_value(json_object_get(a.result, "free")), 5);
	assert_string_equal(json_unfit(json_object_get(a.result, "used")), "18446744073709551615");
	forget(&a);
	qmp_down(q);
}

static void
replies_may_come_in_any_order(void **state)
{
	struct client *q = qmp_with(FAKE_QMP_GREETING, SECONDS, 0);
	struct asked a, b, c;

	(void)state;
	ask(&a, q, "hold", NULL);
	ask(&b, q, "hold", NULL);
	ask(&c, q, "echo", json_pack("{s:i}", "x", 3));
	assert_int_equal(answer(&c), 0);
	assert_false(drive_ended(a.w) || drive_ended(b.w));
	fake_qmp_return(qemu.fake, qemu.held[1], json_integer(2));
	assert_int_equal(answer(&b), 0);
	assert_false(drive_ended(a.w));
	fake_qmp_return(qemu.fake, qemu.held[0], json_integer(1));
	assert_int_equal(answer(&a), 0);
	assert_int_equal(json_integer_value(a.result), 1);
	assert_int_equal(json_integer_value(b.result), 2);
	forget(&a);
	forget(&b);
	forget(&c);
	qmp_down(q);
}

static void
errors_have_a_class_and_a_text(void **state)
{
	struct client *q = qmp_with(FAKE_QMP_GREETING, SECONDS, 0);
	struct asked a, b, c;

	(void)state;
	ask(&a, q, "wrong", NULL);
	ask(&b, q, "lost", NULL);
	ask(&c, q, "unheard", NULL);
	assert_int_equal(answer(&a), -EREMOTEIO);
	assert_string_equal(a.error, "GenericError: no wrong");
	assert_int_equal(answer(&b), -ENODEV);
	assert_string_equal(b.error, "DeviceNotFound: no lost");
	assert_int_equal(answer(&c), -ENOSYS);
	forget(&a);
	forget(&b);
	forget(&c);
	qmp_down(q);
}

static void
a_late_reply_is_dropped(void **state)
{
	struct client *q = qmp_with(FAKE_QMP_GREETING, SECONDS, 0);
	struct asked a = { .w = drive_new() };

	(void)state;
	assert_int_equal(qmp_execute(q, "silence", NULL, 0.05, a.w, &a.call), 0);
	assert_int_equal(answer(&a), -ETIMEDOUT);
	assert_non_null(strstr(a.error, "\"silence\""));
	forget(&a);
	fake_qmp_return(qemu.fake, qemu.silent, json_string("late"));
	ask(&a, q, "echo", json_pack("{s:i}", "x", 1));
	assert_int_equal(answer(&a), 0);
	assert_int_equal(json_integer_value(json_object_get(a.result, "x")), 1);
	forget(&a);
	qmp_down(q);
}

static void
lines_may_come_in_any_pieces(void **state)
{
	struct client *q = qmp_with(FAKE_QMP_GREETING, SECONDS, 0);
	struct asked a, b;
	static const char text[] =
		"{\"event\": \"STOP\", \"data\": {\"s\": \"\\\"}\\n{\"}}\r\n{\"return\": 1, \"id\": 1}\r\n"
		"{\"return\": 2, \"id\": 2}\r\n";

	(void)state;
	ask(&a, q, "hold", NULL);
	ask(&b, q, "hold", NULL);
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		fake_qmp_send(qemu.fake, text + i, 1);
		drive_turns(2);
	}
	assert_int_equal(answer(&a), 0);
	assert_int_equal(answer(&b), 0);
	assert_int_equal(json_integer_value(a.result), 1);
	assert_int_equal(json_integer_value(b.result), 2);
	assert_int_equal(qmp_mark(q), 1);
	forget(&a);
	forget(&b);
	ask(&a, q, "query-big", NULL);
	assert_int_equal(answer(&a), 0);
	assert_int_equal(json_string_length(a.result), 1024 * 1024);
	forget(&a);
	qmp_down(q);
}

static void
an_event_before_the_reply_counts(void **state)
{
	struct client *q = qmp_with(FAKE_QMP_GREETING, SECONDS, 0);
	uint64_t mark = qmp_mark(q);
	struct asked a, b, c;

	(void)state;
	ask(&a, q, "device_del", NULL);
	assert_int_equal(answer(&a), 0);
	b.w = drive_new();
	assert_int_equal(qmp_await(q, "DEVICE_DELETED", json_pack("{s:s}", "device", "net0"), mark,
				   SECONDS, b.w, &b.call),
			 0);
	assert_true(drive_ended(b.w));
	assert_int_equal(answer(&b), 0);
	assert_string_equal(json_string_value(json_object_get(b.result, "event")),
			    "DEVICE_DELETED");
	assert_non_null(json_object_get(b.result, "timestamp"));
	forget(&b);
	/* not behind a later mark, nor for another device */
	b.w = drive_new();
	c.w = drive_new();
	assert_int_equal(qmp_await(q, "DEVICE_DELETED", NULL, qmp_mark(q), SECONDS, b.w, &b.call),
			 0);
	assert_int_equal(qmp_await(q, "DEVICE_DELETED", json_pack("{s:s}", "device", "net1"), mark,
				   0.05, c.w, &c.call),
			 0);
	assert_false(drive_ended(b.w));
	forget(&a);
	ask(&a, q, "device_del", NULL);
	assert_int_equal(answer(&b), 0);
	assert_int_equal(answer(&a), 0);
	assert_int_equal(answer(&c), -ETIMEDOUT);
	assert_string_equal(c.error, "no event \"DEVICE_DELETED\" in 0.1 s");
	forget(&a);
	forget(&b);
	forget(&c);
	qmp_down(q);
}

static void
old_events_are_dropped(void **state)
{
	struct client *q = qmp_with(FAKE_QMP_GREETING, SECONDS, 0);
	struct asked a = { 0 }, b;

	(void)state;
	for (int i = 0; i < 2000; i++)
		fake_qmp_text(qemu.fake, "{\"event\": \"NOISE\", \"data\": {\"n\": %d}}\r\n", i);
	ask(&b, q, "echo", NULL);
	answer(&b);
	forget(&b);
	assert_int_equal(qmp_mark(q), 2000);
	a.w = drive_new();
	assert_int_equal(qmp_await(q, "NOISE", NULL, 0, SECONDS, a.w, &a.call), 0);
	assert_int_equal(answer(&a), 0);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(a.result, "data"), "n")),
		2000 - 512);
	forget(&a);
	qmp_down(q);
}

static void
a_close_by_the_peer_ends_all(void **state)
{
	struct client *q = qmp_with(FAKE_QMP_GREETING, SECONDS, 0);
	struct asked a, b, c = { .w = drive_new() };

	(void)state;
	ask(&a, q, "hold", NULL);
	assert_int_equal(qmp_await(q, "SHUTDOWN", NULL, 0, SECONDS, c.w, &c.call), 0);
	ask(&b, q, "die", NULL);
	assert_int_equal(answer(&a), -EPIPE);
	assert_non_null(strstr(a.error, "closed"));
	assert_int_equal(answer(&c), -EPIPE);
	/* a call outlives its client */
	while (!drive_ended(b.w))
		loop_turn(false);
	assert_int_equal(q->res.state, RES_CLOSED);
	assert_int_equal(qmp_execute(q, "echo", json_object(), SECONDS, NULL, &c.call), -EPIPE);
	assert_int_equal(qmp_await(q, "STOP", json_object(), 0, SECONDS, NULL, &c.call), -EPIPE);
	qmp_down(q);
	assert_int_equal(answer(&b), -EPIPE);
	forget(&a);
	forget(&b);
	forget(&c);
	loop_fini();
}

static void
garbage_is_a_protocol_error(void **state)
{
	struct client *q = qmp_with(FAKE_QMP_GREETING, SECONDS, 0);
	struct asked a;

	(void)state;
	ask(&a, q, "garble", NULL);
	assert_int_equal(answer(&a), -EPROTO);
	assert_non_null(strstr(a.error, "what?"));
	forget(&a);
	qmp_down(q);
	q = qmp_with(FAKE_QMP_GREETING, SECONDS, 0);
	ask(&a, q, "nonsense", NULL);
	assert_int_equal(answer(&a), -EPROTO);
	forget(&a);
	qmp_down(q);
}

static void
an_endless_line_is_refused(void **state)
{
	struct client *q = qmp_with(FAKE_QMP_GREETING, SECONDS, 0);
	char *big = malloc(5 * 1024 * 1024);
	struct asked a;

	(void)state;
	assert_non_null(big);
	memset(big, '[', 5 * 1024 * 1024);
	ask(&a, q, "hold", NULL);
	fake_qmp_send(qemu.fake, big, 5 * 1024 * 1024);
	assert_int_equal(answer(&a), -EPROTO);
	forget(&a);
	free(big);
	qmp_down(q);
}

static void
failed_opens_have_their_reason(void **state)
{
	struct request *none;
	struct wait *w = drive_new();
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct client *q;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(qmp_open(&q, scope_root(), "qemu", lab_path("qmp"), false, SECONDS, w),
			 -ENOENT);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", lab_path("qmp"));
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(qmp_open(&q, scope_root(), "qemu", lab_path("qmp"), false, SECONDS, w),
			 -ECONNREFUSED);
	free(w);
	close(fd);
	/* it listens and sends nothing */
	q = qmp_with(NULL, 0.05, -ETIMEDOUT);
	assert_string_equal(client_error(q), "no greeting of QEMU in 0.1 s");
	assert_int_equal(q->res.state, RES_OPEN);
	qmp_down(q);
	q = qmp_with("SSH-2.0-OpenSSH\r\n", SECONDS, -EPROTO);
	qmp_down(q);
	q = qmp_with("{\"return\": {}}\r\n", SECONDS, -EPROTO);
	qmp_down(q);
	q = qmp_with(
		"{\"QMP\": {}}\r\n{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}}\r\n",
		SECONDS, -EREMOTEIO);
	qmp_down(q);
	/* closed while we wait */
	w = drive_new();
	qemu = (struct qemu){ .fake = fake_qmp_new(lab_path("qmp"), NULL, qemu_command, &qemu) };
	assert_int_equal(qmp_open(&q, scope_root(), "qemu", lab_path("qmp"), false, SECONDS, w), 0);
	assert_int_equal(qmp_execute(q, "echo", NULL, SECONDS, NULL, &none), -ENOTCONN);
	drive_turns(3);
	fake_qmp_hang_up(qemu.fake);
	assert_int_equal(drive_wait(w), -EPIPE);
	res_hold(&q->res);
	qmp_down(q);
	/* the scope closes while we wait */
	w = drive_new();
	qemu = (struct qemu){ .fake = fake_qmp_new(lab_path("qmp"), NULL, qemu_command, &qemu) };
	assert_int_equal(qmp_open(&q, scope_root(), "qemu", lab_path("qmp"), false, SECONDS, w), 0);
	res_hold(&q->res);
	drive_close(scope_root());
	assert_int_equal(drive_wait(w), -ECANCELED);
	qmp_down(q);
}

static void
close_at_answer(struct wait *w, int status)
{
	assert_int_equal(status, 0);
	res_close(w->arg);
}

static void
a_callback_may_close_the_client(void **state)
{
	struct client *q = qmp_with(FAKE_QMP_GREETING, SECONDS, 0);
	struct wait w = { .done = close_at_answer, .arg = &q->res };
	struct request *call;
	struct asked a;
	json_t *result;
	char *error;

	(void)state;
	assert_int_equal(qmp_execute(q, "hold", NULL, SECONDS, &w, &call), 0);
	ask(&a, q, "hold", NULL);
	while (qemu.n_held < 2)
		loop_turn(false);
	fake_qmp_return(qemu.fake, qemu.held[0], json_true());
	fake_qmp_return(qemu.fake, qemu.held[1], json_true());
	assert_int_equal(answer(&a), -EPIPE);
	assert_int_equal(request_finish(call, &result, &error), 0);
	assert_null(error);
	json_decref(result);
	forget(&a);
	qmp_down(q);
}

static void
agent_command(void *arg, struct fake_qmp *f, const char *command, json_t *msg)
{
	json_t *id = json_object_get(json_object_get(msg, "arguments"), "id");

	(void)arg;
	if (strcmp(command, "guest-sync-delimited") == 0) {
		/* the rest of an earlier client's lines comes first */
		fake_qmp_text(f, "half\": 3}\n{\"return\": {}}\n\xff{\"return\": 1}\n");
		fake_qmp_text(
			f,
			"{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON parse error\"}}\n");
		fake_qmp_text(f, "\xff{\"return\": %d}\n", (int)json_integer_value(id));
	} else {
		fake_qmp_return(f, msg, json_string(command));
	}
}

static void
the_guest_agent_is_synced(void **state)
{
	struct wait *w = drive_new();
	struct asked a;
	struct client *q;

	(void)state;
	qemu = (struct qemu){ .fake = fake_qmp_new(lab_path("qmp"), NULL, agent_command, NULL) };
	assert_int_equal(qmp_open(&q, scope_root(), "agent", lab_path("qmp"), true, SECONDS, w), 0);
	assert_int_equal(drive_wait(w), 0);
	res_hold(&q->res);
	assert_int_equal(fake_qmp_junk(qemu.fake), 1);
	ask(&a, q, "guest-ping", NULL);
	assert_int_equal(answer(&a), 0);
	assert_string_equal(json_string_value(a.result), "guest-ping");
	forget(&a);
	qmp_down(q);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_gets_its_reply),
		cmocka_unit_test(a_number_that_does_not_fit_spoils_no_reply),
		cmocka_unit_test(replies_may_come_in_any_order),
		cmocka_unit_test(errors_have_a_class_and_a_text),
		cmocka_unit_test(a_late_reply_is_dropped),
		cmocka_unit_test(lines_may_come_in_any_pieces),
		cmocka_unit_test(an_event_before_the_reply_counts),
		cmocka_unit_test(old_events_are_dropped),
		cmocka_unit_test(a_close_by_the_peer_ends_all),
		cmocka_unit_test(garbage_is_a_protocol_error),
		cmocka_unit_test(an_endless_line_is_refused),
		cmocka_unit_test(failed_opens_have_their_reason),
		cmocka_unit_test(a_callback_may_close_the_client),
		cmocka_unit_test(the_guest_agent_is_synced),
	};

	return LAB_RUN("qmp", tests, NULL, NULL);
}
