/* torn: find a text that other threads' lines may tear. */
#include "console/torn.h"

#include "core/buf.h"

/* A text in more parts is not found. One that is shorter than WHOLE is found whole: its parts may
 * begin lines of any program. */
#define PARTS_MAX 32
#define WHOLE     4

/* How the first bytes of the text were found. */
struct path {
	bool is_found;
	size_t n;
	struct torn_part parts[PARTS_MAX];
};

/* A part in the present line, which continues the text behind its first `from` bytes. */
struct attempt {
	size_t from, to; /* of the text */
	bool is_over;    /* the line went on otherwise */
};

struct torn {
	char *text;
	size_t len;
	struct path *paths;       /* by the length found, in the lines before */
	struct attempt *attempts; /* of the present line */
	size_t n_attempts, n_alive;
	uint64_t seen, line; /* bytes since the restart; where the present line begins */
	struct path whole;
};

struct torn *
torn_new(const char *text)
{
	size_t len = strlen(text);
	struct torn *t;

	if (len == 0 || len > TORN_MAX)
		return NULL;
	t = xcalloc(1, sizeof(*t));
	t->text = xstrdup(text);
	t->len = len;
	t->paths = xcalloc(len, sizeof(*t->paths));
	t->attempts = xcalloc(len, sizeof(*t->attempts));
	t->paths[0].is_found = true;
	return t;
}

void
torn_free(struct torn *t)
{
	if (t == NULL)
		return;
	free(t->text);
	free(t->paths);
	free(t->attempts);
	free(t);
}

static void
begin_line(struct torn *t)
{
	t->line = t->seen;
	t->n_attempts = 0;
	for (size_t from = 0; from < t->len; from++)
		if (t->paths[from].is_found)
			t->attempts[t->n_attempts++] = (struct attempt){ from, from, false };
	t->n_alive = t->n_attempts;
}

void
torn_restart(struct torn *t, bool at_line)
{
	for (size_t i = 1; i < t->len; i++)
		t->paths[i].is_found = false;
	t->seen = 0;
	begin_line(t);
	if (!at_line)
		t->n_attempts = t->n_alive = 0;
}

/* The first `to` bytes of the text, their last part by this attempt. */
static bool
extend(const struct torn *t, const struct attempt *a, size_t to, struct path *out)
{
	const struct path *before = &t->paths[a->from];

	if (before->n == PARTS_MAX || (before->n > 0 && t->len < WHOLE))
		return false;
	*out = *before;
	out->parts[out->n++] = (struct torn_part){ t->line, to - a->from };
	return true;
}

/* Any beginning of a part may be all of it: the other thread's line may go on as the text does. */
static void
end_line(struct torn *t)
{
	/* downwards: a path is of shorter ones of the lines before */
	for (size_t to = t->len - 1; to > 0; to--)
		for (size_t i = 0; i < t->n_attempts; i++) {
			const struct attempt *a = &t->attempts[i];

			if (a->from < to && to <= a->to && extend(t, a, to, &t->paths[to]))
				break;
		}
}

/* True where the text is whole. */
static bool
step(struct torn *t, char c)
{
	t->seen++;
	for (size_t i = 0; i < t->n_attempts; i++) {
		struct attempt *a = &t->attempts[i];

		if (a->is_over)
			continue;
		a->is_over = t->text[a->to] != c;
		t->n_alive -= a->is_over;
		if (!a->is_over && ++a->to == t->len && extend(t, a, t->len, &t->whole))
			return true;
	}
	if (c == '\n') {
		end_line(t);
		begin_line(t);
	}
	return false;
}

bool
torn_feed(struct torn *t, const char *bytes, size_t len, size_t *used)
{
	for (size_t i = 0; i < len; i++) {
		if (t->n_alive == 0) {
			/* the rest of the line is another thread's */
			const char *end = memchr(bytes + i, '\n', len - i);
			size_t skipped = (end != NULL ? (size_t)(end - bytes) : len) - i;

			t->seen += skipped;
			i += skipped;
			if (end == NULL)
				break;
		}
		if (step(t, bytes[i])) {
			torn_restart(t, false);
			*used = i + 1;
			return true;
		}
	}
	*used = len;
	return false;
}

size_t
torn_parts(const struct torn *t, const struct torn_part **parts)
{
	*parts = t->whole.parts;
	return t->whole.n;
}
