/* fuzz_telemetry: the telemetry client against a broken or hostile DPDK: on this machine in packets
 * (a line of the input each), on another node in a stream. Input: a line of letters (see `begin`),
 * then the bytes of the peer. */
#include "fuzz/fuzz.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/telemetry.h"

#define ASKS_MAX 16
#define NEVER    1e6

static const char greeting[] =
	"{\"version\":\"DPDK 22.11.11\",\"pid\":4711,\"max_output_len\":16384}";

struct asked {
	struct wait wait; /* first */
	struct request *call;
	bool ended;
};

static struct {
	struct client *t;
	struct fuzz_chan *chan; /* elsewhere */
	int peer;               /* here */
	struct wait ready;
	bool is_ready, goes_on, closes;
	struct asked asks[ASKS_MAX];
	size_t n;
} f;

/* ---- the other side ---- */

int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t len);

/* A connected pair in place of a socket on disk. */
int
__wrap_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	int pair[2];

	(void)addr;
	(void)len;
	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair) == 0);
	MUST(dup2(pair[0], fd) == fd);
	close(pair[0]);
	f.peer = pair[1];
	return 0;
}

static int
there_spawn(struct node *n, struct chan **out, const struct chan_spec *spec)
{
	(void)n;
	MUST(spec->argv != NULL);
	*out = &f.chan->chan;
	return 0;
}

static const struct node_ops there_ops = { .spawn = there_spawn };

/* False once the client is closed. It reads 16 packets a turn. */
static bool
send_packet(struct span packet)
{
	if (f.peer < 0 || packet.len == 0)
		return f.peer >= 0;
	if (send(f.peer, packet.p, packet.len, MSG_NOSIGNAL) < 0) {
		MUST(errno == EPIPE || errno == ECONNRESET);
		return false;
	}
	loop_turn(true);
	return true;
}

static bool
feed(struct span bytes)
{
	return f.chan != NULL ? fuzz_chan_feed(f.chan, CHAN_OUT, bytes) : send_packet(bytes);
}

static void
hang_up(void)
{
	if (f.chan != NULL)
		fuzz_chan_end(f.chan);
	if (f.peer >= 0)
		close(f.peer);
	f.peer = -1;
	loop_turn(true);
}

/* ---- calls ---- */

static void asked_done(struct wait *w, int status);

static void
ask(const char *command)
{
	struct asked *a = &f.asks[f.n];

	if (f.n == ASKS_MAX)
		return;
	a->wait.done = asked_done;
	if (telemetry_ask(f.t, command, NEVER, &a->wait, &a->call) == 0)
		f.n++;
}

/* The callback may call again, or close the client. */
static void
asked_done(struct wait *w, int status)
{
	struct asked *a = (struct asked *)w;

	(void)status;
	MUST(!a->ended);
	a->ended = true;
	if (f.closes)
		res_close(&f.t->res);
	else if (f.goes_on && status == 0)
		ask("/info");
}

static void
ready_done(struct wait *w, int status)
{
	(void)w;
	MUST(!f.is_ready);
	f.is_ready = true;
	MUST((status == 0) == (*client_error(f.t) == '\0'));
}

/* The oldest one's deadline. */
static void
give_up(void)
{
	for (size_t i = 0; i < f.n; i++)
		if (!f.asks[i].ended) {
			wait_cancel(&f.asks[i].wait, -ETIMEDOUT);
			return;
		}
}

/* ---- from beginning to end ---- */

static void
turn(char letter)
{
	if (letter == 'g')
		feed((struct span){ greeting, strlen(greeting) });
	else if (letter == 's')
		ask("/ethdev/stats,0");
	else if (letter == 'l')
		ask("/ethdev/list");
	else if (letter == 'x')
		give_up();
	else if (letter == 'e' && f.chan != NULL)
		fuzz_chan_feed(f.chan, CHAN_ERR, (struct span){ "socat: E no\n\n", 13 });
	f.goes_on = f.goes_on || letter == 'n';
	f.closes = f.closes || letter == 'k';
}

/* h: here, else elsewhere; g: greeted; s l: ask; x: give up the oldest; n: go on asking when
 * answered; k: close when answered; e: socat complains. */
static void
begin(struct scope *s, struct span letters)
{
	struct node there = { .ops = &there_ops };

	f.peer = -1;
	there.is_here = letters.len > 0 && letters.p[0] == 'h';
	if (!there.is_here)
		f.chan = fuzz_chan_new();
	f.ready.done = ready_done;
	MUST(telemetry_open(&f.t, s, "fuzz", &there, "/fuzz", NEVER, &f.ready) == 0);
	res_hold(&f.t->res);
	for (size_t i = 0; i < letters.len; i++)
		turn(letters.p[i]);
}

/* How much of what is no JSON is shown depends on how much had come. */
static int
without_quote(const char *error)
{
	const char *quote = strstr(error, "no JSON object: ");

	return quote != NULL ? (int)(quote - error) : (int)strlen(error);
}

static void
report(struct buf *out)
{
	const char *why = client_error(f.t);

	buf_printf(out, "%.*s\n", without_quote(why), why);
	for (size_t i = 0; i < f.n; i++) {
		json_t *result = NULL;
		char *error = NULL, *text;
		int status = request_finish(f.asks[i].call, &result, &error);

		MUST(f.asks[i].ended && (status == 0) == (error == NULL));
		text = result != NULL ? json_dumps(result, JSON_ENCODE_ANY) : NULL;
		buf_printf(out, "%d %s", status, text != NULL ? text : "");
		buf_printf(out, "%.*s\n", error ? without_quote(error) : 0, error ? error : "");
		json_decref(result);
		free(error);
		free(text);
	}
}

static void
end(struct scope *s, bool by_peer)
{
	struct request *none;

	if (by_peer)
		hang_up();
	res_close(&s->res);
	hang_up();
	MUST(f.is_ready && telemetry_ask(f.t, "/", NEVER, NULL, &none) < 0);
}

/* What came of it all, in words. */
static struct buf
converse(struct span letters, struct span in, uint32_t cut)
{
	struct scope *s = scope_new(NULL, "fuzz");
	uint64_t before = fuzz_work();
	size_t len = in.len;
	struct buf out = { 0 };

	memset(&f, 0, sizeof(f));
	begin(s, letters);
	while (in.len > 0 && feed(f.chan != NULL ? span_piece(&in, &cut) : span_line(&in)))
		;
	end(s, len % 2 != 0);
	fuzz_linear(before, len, 128, 50000);
	report(&out);
	res_drop(&f.t->res);
	if (f.chan != NULL)
		fuzz_chan_free(f.chan);
	fuzz_settle();
	return out;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	return fuzz_in_pieces(bytes, len, ASKS_MAX, converse);
}
