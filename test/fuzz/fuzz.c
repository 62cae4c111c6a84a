/* fuzz: what the harnesses share: the input in pieces, a promise, work that is counted. */
#include "fuzz/fuzz.h"

#include <errno.h>
#include <stdio.h>

#include "core/log.h"

void
fuzz_broken(const char *promise, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, promise);
	abort();
}

/* What is recorded is made into text and thrown away. */
__attribute__((weak)) int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	MUST(log_open("/dev/null", "/dev/null", 0, "fuzz", NULL) == 0);
	return 0;
}

/* ---- the input ---- */

struct span
span_take(struct span *in, size_t len)
{
	struct span s = { in->p, len < in->len ? len : in->len };

	in->p += s.len;
	in->len -= s.len;
	return s;
}

struct span
span_line(struct span *in)
{
	const char *end = in->len > 0 ? memchr(in->p, '\n', in->len) : NULL;
	struct span line = span_take(in, end != NULL ? (size_t)(end - in->p) : in->len);

	span_take(in, 1);
	return line;
}

struct span
span_piece(struct span *in, uint32_t *cut)
{
	if (*cut == CUT_NOT)
		return span_take(in, in->len);
	if (*cut == CUT_ALL)
		return span_take(in, 1);
	*cut = *cut * 1103515245u + 12345u;
	return span_take(in, 1 + (*cut >> 16) % 32);
}

/* ---- work ---- */

/* The counters of -fprofile-instr-generate; the harnesses are compiled without. */
extern uint64_t __start___llvm_prf_cnts[], __stop___llvm_prf_cnts[];

static uint64_t bytes_gone_over;

void *__real___asan_memmove(void *to, const void *from, size_t len);
void *__wrap___asan_memmove(void *to, const void *from, size_t len);
void *__real___asan_memcpy(void *to, const void *from, size_t len);
void *__wrap___asan_memcpy(void *to, const void *from, size_t len);
void *__real_memchr(const void *from, int c, size_t len);
void *__wrap_memchr(const void *from, int c, size_t len);

void *
__wrap___asan_memmove(void *to, const void *from, size_t len)
{
	bytes_gone_over += len;
	return __real___asan_memmove(to, from, len);
}

void *
__wrap___asan_memcpy(void *to, const void *from, size_t len)
{
	bytes_gone_over += len;
	return __real___asan_memcpy(to, from, len);
}

void *
__wrap_memchr(const void *from, int c, size_t len)
{
	const char *p = __real_memchr(from, c, len);

	bytes_gone_over += p != NULL ? (size_t)(p - (const char *)from) : len;
	return (void *)p;
}

uint64_t
fuzz_work(void)
{
	uint64_t sum = bytes_gone_over / 8;

	/* the linker puts both at the ends of one section */
	// cppcheck-suppress comparePointers
	for (uint64_t *n = __start___llvm_prf_cnts; n < __stop___llvm_prf_cnts; n++)
		sum += *n;
	return sum;
}

void
fuzz_linear(uint64_t before, size_t len, uint64_t each, uint64_t once)
{
	uint64_t work = fuzz_work() - before;

	if (work > len * each + once)
		fprintf(stderr, "%llu steps of work for %zu bytes\n", (unsigned long long)work,
			len);
	MUST(work <= len * each + once);
}

/* ---- a channel ---- */

static int
chan_write(struct chan *chan, const char *bytes, size_t len)
{
	struct fuzz_chan *c = (struct fuzz_chan *)chan;

	MUST(!c->gone);
	if (chan->is_over)
		return -EPIPE;
	buf_add(&c->written, bytes, len);
	return 0;
}

static void
chan_eof(struct chan *chan)
{
	MUST(!((struct fuzz_chan *)chan)->gone);
}

static int
chan_signal(struct chan *chan, int sig)
{
	(void)sig;
	MUST(!((struct fuzz_chan *)chan)->gone);
	return -ESRCH;
}

static void
chan_destroy(struct chan *chan)
{
	struct fuzz_chan *c = (struct fuzz_chan *)chan;

	MUST(!c->gone);
	c->gone = true;
}

static const struct chan_ops ops = {
	.write = chan_write, .eof = chan_eof, .signal = chan_signal, .destroy = chan_destroy
};

struct fuzz_chan *
fuzz_chan_new(void)
{
	struct fuzz_chan *c = xcalloc(1, sizeof(*c));

	c->chan.ops = &ops;
	buf_add(&c->written, "", 0);
	return c;
}

bool
fuzz_chan_feed(struct fuzz_chan *c, enum chan_which which, struct span bytes)
{
	/* of a size of its own, so that a byte too far is seen */
	char *copy;

	if (c->gone || bytes.len == 0)
		return !c->gone;
	copy = xcalloc(1, bytes.len);
	memcpy(copy, bytes.p, bytes.len);
	c->chan.data(c->chan.owner, which, copy, bytes.len);
	free(copy);
	return !c->gone;
}

void
fuzz_chan_end(struct fuzz_chan *c)
{
	if (c->gone || c->chan.is_over)
		return;
	c->chan.is_over = true;
	c->chan.exit.lost = true;
	c->chan.ended(c->chan.owner);
}

void
fuzz_chan_free(struct fuzz_chan *c)
{
	MUST(c->gone);
	buf_free(&c->written);
	free(c);
}

void
fuzz_settle(void)
{
	loop_turn(true);
	MUST(uv_loop_alive(loop()) == 0);
}

int
fuzz_in_pieces(const uint8_t *bytes, size_t len, size_t max, fuzz_converse converse)
{
	struct span in = { (const char *)bytes, len }, letters = span_line(&in);
	struct buf whole;

	letters = span_take(&letters, max);
	whole = converse(letters, in, CUT_NOT);
	for (uint32_t cut = CUT_ALL; cut <= CUT_SOME; cut++) {
		struct buf out = converse(letters, in, cut);

		if (out.len != whole.len || memcmp(out.data, whole.data, out.len) != 0)
			fprintf(stderr, "whole:\n%s\nin pieces:\n%s\n", whole.data, out.data);
		MUST(out.len == whole.len && memcmp(out.data, whole.data, out.len) == 0);
		buf_free(&out);
	}
	buf_free(&whole);
	return 0;
}
