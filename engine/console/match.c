/* match: find the first of several literal strings in a stream. */
#include "console/match.h"

#include "core/buf.h"

/* Knuth, Morris and Pratt, one automaton a needle: each byte is read once. */
struct needle {
	char *text;
	size_t len;
	size_t *fail;
	size_t at; /* how many of its bytes match now */
};

struct match {
	struct needle *needles;
	size_t n;
};

static void
needle_init(struct needle *k, const char *text)
{
	k->text = xstrdup(text);
	k->len = strlen(text);
	k->fail = xcalloc(k->len + 1, sizeof(*k->fail));
	for (size_t i = 1, j = 0; i < k->len; i++) {
		while (j > 0 && text[i] != text[j])
			j = k->fail[j];
		if (text[i] == text[j])
			j++;
		k->fail[i + 1] = j;
	}
}

struct match *
match_new(const char *const *needles, size_t n)
{
	struct match *m;

	if (n == 0 || n > 16)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (needles[i][0] == '\0')
			return NULL;
	m = xcalloc(1, sizeof(*m));
	m->n = n;
	m->needles = xcalloc(n, sizeof(*m->needles));
	for (size_t i = 0; i < n; i++)
		needle_init(&m->needles[i], needles[i]);
	return m;
}

void
match_free(struct match *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->n; i++) {
		free(m->needles[i].text);
		free(m->needles[i].fail);
	}
	free(m->needles);
	free(m);
}

static int
needle_step(struct needle *k, char c)
{
	while (k->at > 0 && k->text[k->at] != c)
		k->at = k->fail[k->at];
	if (k->text[k->at] == c)
		k->at++;
	return k->at == k->len;
}

void
match_restart(struct match *m, bool at_line)
{
	for (size_t i = 0; i < m->n; i++) {
		struct needle *k = &m->needles[i];

		k->at = at_line && k->len > 1 && k->text[0] == '\n';
	}
}

int
match_feed(struct match *m, const char *bytes, size_t len, size_t *used)
{
	for (size_t i = 0; i < len; i++) {
		if (m->n == 1 && m->needles[0].at == 0) {
			/* no partial match: skip to its first byte */
			const char *p = memchr(bytes + i, m->needles[0].text[0], len - i);

			if (p == NULL)
				break;
			i = (size_t)(p - bytes);
		}
		for (size_t k = 0; k < m->n; k++)
			if (needle_step(&m->needles[k], bytes[i])) {
				/* a whole needle has no byte to continue with */
				match_restart(m, false);
				*used = i + 1;
				return (int)k;
			}
	}
	*used = len;
	return -1;
}

const char *
match_text(const struct match *m, int index)
{
	return m->needles[index].text;
}
