/* fuzz_console: a console in use with hostile bytes, against a model that searches naively. Input:
 * a line of letters, the actions (see `turn`); then the console's bytes. */
#include "fuzz/fuzz.h"

#include <errno.h>

#include "console/console.h"
#include "console/strip.h"

#define ASKS_MAX 64
#define NEVER    1e6

static const char *const prompts[] = { "\ntestpmd> ", "\nexample> ", "login:" };

/* A command or an expectation, and the state of the model for it. */
struct ask {
	struct wait wait;
	struct console_reply reply;
	bool is_command, ended, given_up;
	size_t n; /* needles, of prompts */
	bool begun, done, at_line;
	size_t start, end; /* of the text, needle and all */
	size_t from;       /* of what was looked at */
	size_t dropped;    /* of it, at its beginning */
	size_t looked;     /* at each place up to here */
	int matched;
};

static struct {
	struct console *c;
	struct fuzz_chan *chan;
	struct strip strip;
	struct buf clean; /* all bytes of the console, stripped */
	size_t mark, sent, bytes;
	size_t first; /* earlier bytes are no longer in memory */
	struct ask asks[ASKS_MAX];
	size_t n;
} f;

/* ---- the model ---- */

static bool
ends_at(const struct ask *a, size_t end, const char *needle)
{
	size_t m = strlen(needle);

	if (f.clean.data[end - 1] != needle[m - 1])
		return false;
	if (m <= end - a->from && memcmp(f.clean.data + end - m, needle, m) == 0)
		return true;
	return a->at_line && needle[0] == '\n' && m - 1 == end &&
	       memcmp(f.clean.data, needle + 1, m - 1) == 0;
}

static bool
model_finds(struct ask *a)
{
	for (a->end = a->looked + 1; a->end <= f.clean.len; a->end++)
		for (size_t k = 0; k < a->n; k++)
			if (ends_at(a, a->end, prompts[k])) {
				a->matched = (int)k;
				return true;
			}
	a->looked = f.clean.len;
	return false;
}

/* Its turn has come: it looks behind the mark, at what is still there. */
static void
model_begins(struct ask *a)
{
	if (a->is_command) {
		f.mark = f.clean.len;
		f.sent++;
	}
	a->at_line = !a->is_command && a->start + f.mark + f.first == 0;
	a->start = f.mark > a->start ? f.mark : a->start;
	a->looked = a->from = a->start > f.first ? a->start : f.first;
	a->begun = true;
}

/* Only the oldest that is not done is looked for. */
static bool
model_takes(struct ask *a)
{
	if (!a->begun)
		model_begins(a);
	if (!model_finds(a))
		return false;
	a->done = true;
	a->dropped = f.first > a->start ? f.first - a->start : 0;
	f.mark = a->end;
	return true;
}

static void
model_advance(void)
{
	for (size_t i = 0; i < f.n; i++)
		if (!f.asks[i].done && !model_takes(&f.asks[i]))
			return;
}

/* ---- what is compared ---- */

static void
check_reply(const struct ask *a)
{
	size_t needle = strlen(prompts[a->matched]), all = a->end - a->start;
	size_t len = all > needle ? all - needle : 0;

	len = len > a->dropped ? len - a->dropped : 0;
	MUST(a->reply.status == (a->dropped > 0 ? -EOVERFLOW : 0));
	MUST(a->reply.matched == a->matched);
	MUST(a->reply.dropped == a->dropped && a->reply.len == len);
	MUST(memcmp(a->reply.text, f.clean.data + a->start + a->dropped, len) == 0);
}

static void
check(void)
{
	size_t lines = 0;

	model_advance();
	for (size_t i = 0; i < f.n; i++) {
		MUST(f.asks[i].ended == (f.asks[i].done || f.asks[i].given_up));
		if (f.asks[i].done && !f.asks[i].given_up)
			check_reply(&f.asks[i]);
	}
	for (size_t i = 0; i < f.chan->written.len; i++)
		lines += f.chan->written.data[i] == '\n';
	MUST(lines == f.sent);
	MUST(console_mark(f.c) == f.clean.len);
}

/* ---- what is done ---- */

static void
ask_done(struct wait *w, int status)
{
	struct ask *a = (struct ask *)w;

	MUST(!a->ended && a->reply.status == status);
	a->ended = true;
}

static void
look_kept(void)
{
	size_t len;

	free(console_since(f.c, 0, &len));
	f.first = f.clean.len - len;
}

static void
ask(bool is_command, size_t n)
{
	static const struct console_place last = { .from = CONSOLE_LAST };
	struct ask *a = &f.asks[f.n];

	if (f.n == ASKS_MAX)
		return;
	look_kept();
	*a = (struct ask){ .is_command = is_command, .n = n, .start = f.mark };
	a->wait.done = ask_done;
	f.n++;
	if (is_command)
		MUST(console_command(f.c, "stop", NEVER, &a->wait, &a->reply) == 0);
	else if (n == 1)
		MUST(console_await_prompt(f.c, NEVER, &a->wait, &a->reply) == 0);
	else
		MUST(console_expect(f.c, prompts, n, &last, NEVER, &a->wait, &a->reply) == 0);
}

/* The oldest one's deadline: a sent command still takes its answer, which is dropped. */
static void
give_up(void)
{
	look_kept();
	for (size_t i = 0; i < f.n; i++) {
		struct ask *a = &f.asks[i];

		if (a->ended)
			continue;
		a->given_up = true;
		a->done = !a->is_command || !a->begun;
		wait_cancel(&a->wait, -ETIMEDOUT);
		MUST(a->ended && a->reply.unsent == (a->is_command && !a->begun));
		return;
	}
}

static void
feed(struct span bytes)
{
	look_kept();
	f.bytes += bytes.len;
	strip_feed(&f.strip, bytes.p, bytes.len, &f.clean);
	fuzz_chan_feed(f.chan, CHAN_OUT, bytes);
	model_advance();
}

static void
look_back(void)
{
	size_t len, from = f.clean.len / 2;
	char *tail = console_tail(f.c, 3), *since = console_since(f.c, from, &len);

	MUST(len <= f.clean.len - from);
	MUST(memcmp(since, f.clean.data + f.clean.len - len, len) == 0);
	MUST(strlen(tail) <= f.clean.len);
	free(tail);
	free(since);
}

static void
chatter_done(struct wait *w, int status)
{
	(void)w;
	(void)status;
}

/* Its unexpected lines: each one, or the end of a long one, is in the bytes of the console. */
static void
read_chatter(void)
{
	struct wait w = { .done = chatter_done };
	struct buf text = { 0 };

	MUST(chatter_await(NEVER, &w) == 0);
	wait_cancel(&w, -ETIMEDOUT);
	if (chatter_next(NULL, &text) == NULL)
		return;
	MUST(text.len > 0);
	for (const char *line = text.data, *last = text.data + text.len; line < last;) {
		const char *stop = memchr(line, '\n', (size_t)(last - line));

		MUST(stop != NULL);
		stop++;
		MUST(memmem(f.clean.data, f.clean.len, line, (size_t)(stop - line)) != NULL);
		line = stop;
	}
	buf_free(&text);
}

/* h: read its unexpected lines. e E: expect the first prompt, any of them; c: command; p: await its
 * prompt; x: give up; 1 to 9: take 2^n bytes; t: look back. */
static void
turn(char letter, struct span *in)
{
	if (letter == 'e' || letter == 'E')
		ask(false, letter == 'e' ? 1 : 3);
	else if (letter == 'c')
		ask(true, 1);
	else if (letter == 'p')
		ask(false, 1);
	else if (letter >= '1' && letter <= '9')
		feed(span_take(in, 1u << (letter - '0')));
	else if (letter == 'x')
		give_up();
	else if (letter == 't')
		look_back();
	else if (letter == 'h')
		read_chatter();
	else
		return;
	check();
}

/* ---- from beginning to end ---- */

static struct scope *
begin(void)
{
	static const struct console_end end = { 0 };
	const struct console_prompt prompt = { .text = prompts[0] };
	struct scope *s = scope_new(NULL, "fuzz");

	memset(&f, 0, sizeof(f));
	buf_add(&f.clean, "", 0);
	f.chan = fuzz_chan_new();
	f.c = console_open(s, "fuzz", &f.chan->chan, &end);
	res_hold(console_res(f.c));
	MUST(console_set_prompt(f.c, &prompt) == 0);
	return s;
}

/* The program or the console has ended: no wait is left. */
static void
end(struct scope *s, bool by_peer)
{
	if (by_peer)
		fuzz_chan_end(f.chan);
	res_close(&s->res);
	for (size_t i = 0; i < f.n; i++) {
		MUST(f.asks[i].ended);
		MUST(f.asks[i].done || f.asks[i].given_up || f.asks[i].reply.status == -EPIPE);
		console_reply_free(&f.asks[i].reply);
	}
	MUST(console_is_over(f.c) && console_type(f.c, "x", 1) == -EPIPE);
	res_drop(console_res(f.c));
	fuzz_chan_free(f.chan);
	buf_free(&f.clean);
	fuzz_settle();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct span in = { (const char *)bytes, len }, letters = span_line(&in);
	uint64_t before = fuzz_work();
	struct scope *s;

	letters = span_take(&letters, ASKS_MAX);
	s = begin();
	for (size_t i = 0; i < letters.len; i++)
		turn(letters.p[i], &in);
	if (in.len > 0) {
		feed(in);
		check();
	}
	look_back();
	end(s, len % 2 != 0);
	fuzz_linear(before, f.bytes, 64, 20000);
	return 0;
}
