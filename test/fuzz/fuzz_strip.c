/* fuzz_strip: the escape stripper: what comes out is text of what went in, in whatever pieces. */
#include "fuzz/fuzz.h"

#include "console/strip.h"

static struct buf
strip(struct span in, uint32_t cut)
{
	uint64_t before = fuzz_work();
	size_t len = in.len;
	struct strip s = { 0 };
	struct buf out = { 0 };

	buf_add(&out, "", 0);
	while (in.len > 0) {
		struct span piece = span_piece(&in, &cut);

		strip_feed(&s, piece.p, piece.len, &out);
	}
	fuzz_linear(before, len, 32, 256);
	return out;
}

static size_t
count(const char *p, size_t len, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += p[i] == c;
	return n;
}

/* Bytes are left out, none is added, moved or changed. */
static bool
is_taken_from(const struct buf *out, struct span in)
{
	size_t at = 0;

	for (size_t i = 0; i < in.len && at < out->len; i++)
		at += out->data[at] == in.p[i];
	return at == out->len;
}

static void
check(const struct buf *out, struct span in)
{
	MUST(is_taken_from(out, in));
	MUST(count(out->data, out->len, 0x1b) == 0);
	MUST(count(out->data, out->len, '\0') == 0);
	MUST(count(out->data, out->len, '\a') == 0);
	/* a prompt is looked for behind a newline: no sequence may eat one */
	MUST(count(out->data, out->len, '\n') == count(in.p, in.len, '\n'));
	if (count(in.p, in.len, 0x1b) + count(in.p, in.len, '\r') + count(in.p, in.len, '\0') +
		    count(in.p, in.len, '\a') ==
	    0)
		MUST(out->len == in.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct span in = { (const char *)bytes, len };
	struct buf whole = strip(in, CUT_NOT);

	check(&whole, in);
	for (uint32_t cut = CUT_ALL; cut <= CUT_SOME; cut++) {
		struct buf out = strip(in, cut);

		MUST(out.len == whole.len && memcmp(out.data, whole.data, out.len) == 0);
		buf_free(&out);
	}
	buf_free(&whole);
	return 0;
}
