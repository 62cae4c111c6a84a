/* fuzz_match: the matcher against a search that looks everywhere, in whatever pieces bytes come.
 * Input: a line of needles, "|" between them and "^" for a newline; the text is what follows. */
#include "fuzz/fuzz.h"

#include "console/match.h"
#include "core/buf.h"

#define NEEDLES_MAX 16

struct needles {
	const char *v[NEEDLES_MAX];
	size_t n, bytes;
	char *text;
};

static bool
needles_read(struct needles *k, struct span line)
{
	char *p = k->text = xstrndup(line.p, line.len), *end;

	for (k->n = 0; p != NULL; p = end) {
		end = strchr(p, '|');
		if (end != NULL)
			*end++ = '\0';
		for (char *c = p; *c != '\0'; c++)
			if (*c == '^')
				*c = '\n';
		if (*p == '\0' || k->n == NEEDLES_MAX)
			return false;
		k->bytes += strlen(p);
		k->v[k->n++] = p;
	}
	return true;
}

/* Does needle `k` end where `end` is? */
static bool
ends_at(const char *needle, struct span text, size_t end, bool at_line)
{
	size_t m = strlen(needle);

	if (m <= end && memcmp(text.p + end - m, needle, m) == 0)
		return true;
	return at_line && m > 1 && needle[0] == '\n' && m - 1 == end &&
	       memcmp(text.p, needle + 1, m - 1) == 0;
}

static int
look_everywhere(const struct needles *k, struct span text, bool at_line, size_t *used)
{
	for (size_t end = 1; end <= text.len; end++)
		for (size_t i = 0; i < k->n; i++)
			if (ends_at(k->v[i], text, end, at_line))
				return *used = end, (int)i;
	*used = text.len;
	return -1;
}

/* Feed up to the first match; its needle, and how many bytes were taken up to its end. */
static int
feed(struct match *m, struct span text, uint32_t cut, size_t *taken)
{
	int k = -1;

	*taken = 0;
	while (k < 0 && text.len > 0) {
		struct span piece = span_piece(&text, &cut);
		size_t used = SIZE_MAX;

		k = match_feed(m, piece.p, piece.len, &used);
		MUST(used <= piece.len && (k >= 0 || used == piece.len));
		*taken += used;
	}
	return k;
}

/* All matches, one after the other, each looked for behind the one before. */
static void
check(const struct needles *k, struct span text, bool at_line, uint32_t cut)
{
	uint64_t before = fuzz_work();
	struct match *m = match_new(k->v, k->n);
	struct span rest = text;
	size_t matches = 0;

	MUST(m != NULL);
	match_restart(m, at_line);
	for (int got = 0; got >= 0; matches++) {
		size_t want_used, used;
		int want = look_everywhere(k, rest, at_line && matches == 0, &want_used);

		got = feed(m, rest, cut, &used);
		MUST(got == want && used == want_used);
		span_take(&rest, used);
	}
	match_free(m);
	fuzz_linear(before, text.len + matches, 8 * k->n + 8, 64 * k->bytes + 1024);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct span in = { (const char *)bytes, len };
	struct needles k = { 0 };

	if (needles_read(&k, span_line(&in)))
		for (int at_line = 0; at_line < 2; at_line++)
			for (uint32_t cut = CUT_NOT; cut <= CUT_SOME; cut++)
				check(&k, in, at_line, cut);
	else
		MUST(k.n == NEEDLES_MAX || match_new(k.v, 0) == NULL);
	free(k.text);
	return 0;
}
