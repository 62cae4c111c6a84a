/* search: the lines of a file that hold one of some texts. */
#include "fs/search.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"

#define KEPT (SEARCH_BEFORE + 1)

struct search {
	char *const *texts;
	size_t n;
	bool *is_found;
	void (*found)(void *arg, size_t which, const char *lines);
	void *arg;
	char *kept[KEPT]; /* the last lines */
	size_t count;     /* of all lines */
};

static void
keep(struct search *s, const char *line, size_t len)
{
	char **place = &s->kept[s->count++ % KEPT];

	free(*place);
	*place = xstrndup(line, len < SEARCH_LINE ? len : SEARCH_LINE);
}

static void
report(struct search *s, size_t which)
{
	size_t from = s->count > KEPT ? s->count - KEPT : 0;
	struct buf lines = { 0 };

	for (size_t i = from; i < s->count; i++)
		buf_printf(&lines, "%s\n", s->kept[i % KEPT]);
	s->found(s->arg, which, lines.data);
	buf_free(&lines);
}

/* Are the parts of the text, between its asterisks, in the line, one behind the other? */
static bool
holds(const char *line, size_t len, const char *text)
{
	while (true) {
		size_t part = strcspn(text, "*");
		const char *at = memmem(line, len, text, part);

		if (at == NULL || text[part] == '\0')
			return at != NULL;
		len -= (size_t)(at - line) + part;
		line = at + part;
		text += part + 1;
	}
}

static void
look_at(struct search *s, const char *line, size_t len)
{
	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	keep(s, line, len);
	for (size_t i = 0; i < s->n; i++) {
		if (s->is_found[i] || !holds(line, len, s->texts[i]))
			continue;
		s->is_found[i] = true;
		report(s, i);
	}
}

int
search_file(const char *path, char *const *texts, size_t n,
	    void (*found)(void *arg, size_t which, const char *lines), void *arg)
{
	struct search s = { .texts = texts, .n = n, .found = found, .arg = arg };
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	if (f == NULL)
		return -errno;
	s.is_found = xcalloc(n + 1, sizeof(*s.is_found));
	while ((len = getline(&line, &size, f)) > 0)
		look_at(&s, line, (size_t)len);
	for (size_t i = 0; i < KEPT; i++)
		free(s.kept[i]);
	free(s.is_found);
	free(line);
	fclose(f);
	return 0;
}

static size_t
held_by(const char *line, size_t len, char *const *texts, size_t n)
{
	size_t i = 0;

	while (i < n && !holds(line, len, texts[i]))
		i++;
	return i;
}

char *
search_first(const char *path, char *const *texts, size_t n, size_t after, size_t *which,
	     size_t *more)
{
	FILE *f = fopen(path, "re");
	struct buf lines = { 0 };
	size_t size = 0, count = 0;
	char *line = NULL;
	ssize_t len;

	*more = 0;
	while (f != NULL && (len = getline(&line, &size, f)) > 0) {
		size_t at = held_by(line, (size_t)len, texts, n);
		size_t kept = (size_t)len < SEARCH_LINE ? (size_t)len : SEARCH_LINE;

		if (at < n && count > 0)
			(*more)++;
		if (at < n && count == 0)
			*which = at;
		if ((at == n && count == 0) || count > after)
			continue;
		count++;
		buf_printf(&lines, "%.*s%s", (int)kept, line, line[kept - 1] == '\n' ? "" : "\n");
	}
	free(line);
	if (f != NULL)
		fclose(f);
	return lines.data;
}
