/* fuzz_qmp: the QMP client against a broken or hostile QEMU (or guest agent). Input: a line of
 * letters (see `begin`), then all bytes of the peer. */
#include "fuzz/fuzz.h"

#include <jansson.h>
#include <stdio.h>

#include "client/qmp.h"

#define CALLS_MAX 16
#define NEVER     1e6

static const char greeting[] = "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n"
			       "{\"return\": {}, \"id\": 0}\r\n";

struct call {
	struct wait wait; /* first */
	struct request *call;
	bool ended;
};

static struct {
	struct client *q;
	struct fuzz_chan *chan;
	struct wait ready;
	bool is_ready, goes_on, closes;
	struct call calls[CALLS_MAX];
	size_t n;
} f;

/* In place of io/sock.c: the other side is the input. */
int
chan_unix(struct chan **out, const char *path)
{
	(void)path;
	*out = &f.chan->chan;
	return 0;
}

/* ---- calls ---- */

static void call_done(struct wait *w, int status);

static void
execute(const char *command)
{
	struct call *c = &f.calls[f.n];

	if (f.n == CALLS_MAX)
		return;
	c->wait.done = call_done;
	if (qmp_execute(f.q, command, NULL, NEVER, &c->wait, &c->call) == 0)
		f.n++;
}

static void
await(const char *device)
{
	json_t *match = device != NULL ? json_pack("{s:s}", "device", device) : NULL;
	struct call *c = &f.calls[f.n];

	if (f.n == CALLS_MAX) {
		json_decref(match);
		return;
	}
	c->wait.done = call_done;
	if (qmp_await(f.q, "DEVICE_DELETED", match, 0, NEVER, &c->wait, &c->call) == 0)
		f.n++;
}

/* The callback may call again, or close the client. */
static void
call_done(struct wait *w, int status)
{
	struct call *c = (struct call *)w;

	(void)status;
	MUST(!c->ended);
	c->ended = true;
	/* an event that was seen already ends the wait before it is counted */
	if (f.closes)
		res_close(&f.q->res);
	else if (f.goes_on && c < &f.calls[f.n])
		execute("query-pci");
}

static void
ready_done(struct wait *w, int status)
{
	(void)w;
	MUST(!f.is_ready);
	f.is_ready = true;
	MUST((status == 0) == (*client_error(f.q) == '\0'));
}

/* ---- from beginning to end ---- */

/* The agent's answer to our sync, whose number is new every time. */
static void
answer_sync(void)
{
	const char *id = strstr(f.chan->written.data, "{\"id\":");
	char text[64];
	int n = snprintf(text, sizeof(text), "\xff{\"return\": %lld}\n", strtoll(id + 6, NULL, 10));

	fuzz_chan_feed(f.chan, CHAN_OUT, (struct span){ text, (size_t)n });
}

/* a: a guest agent; r: greeted, ready; c: a command; d D: an event awaited, of a device, of any;
 * n: go on asking when answered; k: close when answered. */
static void
begin(struct scope *s, struct span letters)
{
	bool agent = letters.len > 0 && letters.p[0] == 'a';

	f.chan = fuzz_chan_new();
	f.ready.done = ready_done;
	MUST(qmp_open(&f.q, s, "fuzz", "/fuzz", agent, NEVER, &f.ready) == 0);
	res_hold(&f.q->res);
	for (size_t i = 0; i < letters.len; i++) {
		char c = letters.p[i];

		if (c == 'r' && agent && !f.is_ready)
			answer_sync();
		else if (c == 'r' && !agent)
			fuzz_chan_feed(f.chan, CHAN_OUT,
				       (struct span){ greeting, strlen(greeting) });
		else if (c == 'c')
			execute("device_del");
		else if (c == 'd' || c == 'D')
			await(c == 'd' ? "net0" : NULL);
		f.goes_on = f.goes_on || c == 'n';
		f.closes = f.closes || c == 'k';
	}
}

static void
report(struct buf *out)
{
	buf_printf(out, "%s\n", client_error(f.q));
	for (size_t i = 0; i < f.n; i++) {
		json_t *result = NULL;
		char *error = NULL, *text;
		int status = request_finish(f.calls[i].call, &result, &error);

		MUST(f.calls[i].ended && (status == 0) == (error == NULL));
		text = result != NULL ? json_dumps(result, JSON_ENCODE_ANY) : NULL;
		buf_printf(out, "%d %s %s\n", status, text != NULL ? text : "", error ? error : "");
		json_decref(result);
		free(error);
		free(text);
	}
}

/* What came of it all, in words. */
static struct buf
converse(struct span letters, struct span in, uint32_t cut)
{
	struct scope *s = scope_new(NULL, "fuzz");
	uint64_t before = fuzz_work();
	size_t len = in.len;
	struct request *none;
	struct buf out = { 0 };

	memset(&f, 0, sizeof(f));
	begin(s, letters);
	while (in.len > 0 && fuzz_chan_feed(f.chan, CHAN_OUT, span_piece(&in, &cut)))
		;
	if (len % 2 != 0)
		fuzz_chan_end(f.chan);
	res_close(&s->res);
	MUST(f.is_ready && qmp_execute(f.q, "stop", NULL, NEVER, NULL, &none) < 0);
	fuzz_linear(before, len, 256, 100000);
	report(&out);
	res_drop(&f.q->res);
	fuzz_chan_free(f.chan);
	fuzz_settle();
	return out;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	return fuzz_in_pieces(bytes, len, CALLS_MAX, converse);
}
