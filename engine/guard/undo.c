/* undo: the list of undos, run newest first. */
#include "guard/undo.h"

#include "guard/act.h"

struct undo {
	long long id;
	char *kind;
	struct argv words;
	struct undo *older;
};

static struct undo *undos;

static void
undo_free(struct undo *u)
{
	free(u->kind);
	argv_free(&u->words);
	free(u);
}

/* Digits and nothing else, as %d writes them; -1: no such number. */
static long long
number(const char *s, const char *end)
{
	size_t len = (size_t)(end - s);

	if (len == 0 || len > 18 || (*s == '0' && len > 1) || strspn(s, "0123456789") < len)
		return -1;
	return strtoll(s, NULL, 10);
}

static bool
is_number_from(const char *word, long long least)
{
	return number(word, word + strlen(word)) >= least;
}

/* A pid with its start time: the pid alone may be reused. */
static bool
is_process(const struct argv *words)
{
	return words->n == 2 && is_number_from(words->v[0], 2) && strlen(words->v[0]) < 10 &&
	       is_number_from(words->v[1], 1);
}

/* How many folders below "/" the path leads, as written. */
static int
depth_of(const char *path)
{
	int depth = 0;

	while (*path != '\0') {
		size_t len = strcspn(path, "/");

		if (len == 2 && strncmp(path, "..", 2) == 0)
			depth -= depth > 0;
		else if (len > 1 || (len == 1 && *path != '.'))
			depth++;
		path += len + strspn(path + len, "/");
	}
	return depth;
}

/* Absolute, and not "/" in any spelling. */
static bool
is_path(const struct argv *words)
{
	return words->n == 1 && words->v[0][0] == '/' && depth_of(words->v[0]) > 0;
}

static bool
is_prefix(const struct argv *words)
{
	return words->n == 1 && words->v[0][0] != '\0' && strchr(words->v[0], '/') == NULL;
}

static bool
is_command(const struct argv *words)
{
	return words->n > 0 && words->v[0][0] != '\0';
}

static const struct {
	const char *kind;
	bool (*fits)(const struct argv *words);
} kinds[] = { { "worker", is_process },
	      { "group", is_process },
	      { "tree", is_path },
	      { "huge", is_prefix },
	      { "run", is_command } };

static bool
is_whole(const struct undo *u)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(u->kind, kinds[i].kind) == 0)
			return kinds[i].fits(&u->words);
	return false;
}

static void
take_back(long long id)
{
	for (struct undo **p = &undos; *p != NULL; p = &(*p)->older) {
		struct undo *u = *p;

		if (u->id != id)
			continue;
		*p = u->older;
		undo_free(u);
		return;
	}
}

static void
take(long long id, const char *text, const char *end)
{
	struct undo *u = xcalloc(1, sizeof(*u));

	u->id = id;
	u->kind = xstrdup(text);
	for (const char *p = text + strlen(text); p < end; p += 1 + strlen(p + 1))
		argv_add(&u->words, p + 1);
	if (!is_whole(u)) {
		undo_free(u);
		return;
	}
	u->older = undos;
	undos = u;
}

void
undo_take(const char *text, size_t len)
{
	const char *end = text + len, *space = memchr(text, ' ', len);
	const char *id_end = text[0] == '+' && space != NULL ? space : end;
	long long id = len > 0 ? number(text + 1, id_end) : -1;

	if (id < 0)
		return;
	if (text[0] == '-')
		take_back(id);
	else if (text[0] == '+' && space != NULL)
		take(id, space + 1, end);
}

void
undo_all(bool is_same_boot)
{
	for (struct undo *u = undos; u != NULL && is_same_boot; u = u->older)
		if (strcmp(u->kind, "worker") == 0)
			act_do(u->kind, &u->words);
	while (undos != NULL) {
		struct undo *u = undos;

		undos = u->older;
		/* after a boot the pids belong to other processes */
		if (strcmp(u->kind, "worker") != 0 &&
		    (is_same_boot || strcmp(u->kind, "group") != 0))
			act_do(u->kind, &u->words);
		undo_free(u);
	}
}
