/* option: the options of a primitive, a row each. */
#include "prim/option.h"

#include <assert.h>

/* The place of a row; p->n where there is none. */
static size_t
place_of(const struct prim *p, const char *name)
{
	size_t i = 0;

	while (i < p->n && (p->rows[i].name == NULL || strcmp(p->rows[i].name, name) != 0))
		i++;
	return i;
}

static void
add_row(struct prim *p, const struct prim_option *o)
{
	size_t i = o->name != NULL && o->kind == NULL ? place_of(p, o->name) : p->n;

	assert(i < PRIM_ROWS && (i < p->n || o->name == NULL || o->kind != NULL));
	if (i == p->n) {
		p->rows[p->n++] = *o;
		return;
	}
	if (o->initial != NULL)
		p->rows[i].initial = o->initial;
	if (o->words != NULL)
		p->rows[i].words = o->words;
	p->rows[i].needed |= o->needed;
}

static void
add_part(struct prim *p, const struct prim_option *o)
{
	for (; o != NULL && (o->name != NULL || o->flag != NULL); o++)
		add_row(p, o);
}

void
prim_make(struct prim *p)
{
	if (p->n > 0)
		return;
	for (int i = 0; i < PRIM_PARTS; i++)
		add_part(p, p->parts[i]);
	p->n_parts = p->n;
	add_part(p, p->inner);
}

const struct prim_value *
prim_value(const struct prim_values *v, const char *name)
{
	size_t i = place_of(v->prim, name);

	assert(i < v->prim->n);
	return &v->of[i];
}

const char *
prim_text(const struct prim_values *v, const char *name)
{
	const struct prim_value *one = prim_value(v, name);

	return one->words.n > 0 ? one->words.v[0] : NULL;
}

int
prim_int(const struct prim_values *v, const char *name)
{
	return (int)prim_value(v, name)->number;
}

bool
prim_is(const struct prim_values *v, const char *name)
{
	return prim_value(v, name)->on;
}

static struct prim_value *
renewed(struct prim_values *v, const char *name)
{
	struct prim_value *one = (struct prim_value *)prim_value(v, name);

	argv_free(&one->words);
	*one = (struct prim_value){ 0 };
	return one;
}

void
prim_set(struct prim_values *v, const char *name, const char *text)
{
	argv_add(&renewed(v, name)->words, text);
}

void
prim_set_number(struct prim_values *v, const char *name, double number)
{
	struct prim_value *one = renewed(v, name);

	one->number = number;
	argv_printf(&one->words, "%.14g", number);
}

void
prim_set_bool(struct prim_values *v, const char *name, bool on)
{
	struct prim_value *one = renewed(v, name);

	one->on = on;
	argv_add(&one->words, on ? "on" : "off");
}

void
prim_add(struct prim_values *v, const char *name, const char *word)
{
	argv_add((struct argv *)&prim_value(v, name)->words, word);
}

void
prim_init(struct prim_values *v, struct prim *p)
{
	prim_make(p);
	*v = (struct prim_values){ .prim = p };
	for (const struct prim_option *o = p->rows; o < p->rows + p->n; o++) {
		if (o->initial == NULL)
			continue;
		if (strcmp(o->kind, "boolean") == 0) {
			prim_set_bool(v, o->name, strcmp(o->initial, "true") == 0);
			continue;
		}
		prim_set(v, o->name, o->initial);
		v->of[o - p->rows].number = strtod(o->initial, NULL);
	}
}

void
prim_free(struct prim_values *v)
{
	for (size_t i = 0; i < v->prim->n; i++)
		argv_free(&v->of[i].words);
}

void
prim_double_commas(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		buf_add(out, *text == ',' ? ",," : text, *text == ',' ? 2 : 1);
}

/* One word, `value` (may be NULL) in place of its %s or %q. */
static void
add_word(struct argv *out, const char *word, size_t len, const char *value)
{
	const char *hole = value != NULL ? memchr(word, '%', len) : NULL;
	struct buf b = { 0 };

	buf_add(&b, word, hole != NULL ? (size_t)(hole - word) : len);
	if (hole != NULL) {
		if (hole[1] == 'q')
			prim_double_commas(&b, value);
		else
			buf_add(&b, value, strlen(value));
		buf_add(&b, hole + 2, (size_t)(word + len - hole - 2));
	}
	argv_add(out, b.data);
	buf_free(&b);
}

/* The words of a flag. */
static void
add_words(struct argv *out, const char *flag, const char *value)
{
	while (*flag != '\0') {
		size_t len = strcspn(flag, " ");

		add_word(out, flag, len, value);
		flag += len;
		flag += strspn(flag, " ");
	}
}

static void
add_option(struct argv *out, const struct prim_option *o, const struct prim_value *value)
{
	if (o->flag == NULL)
		return;
	if (o->name == NULL) {
		add_words(out, o->flag, NULL);
		return;
	}
	if (strncmp(o->flag, "yes: ", 5) == 0 || strncmp(o->flag, "no: ", 4) == 0) {
		if (value->words.n > 0 && value->on == (o->flag[0] == 'y'))
			add_words(out, strchr(o->flag, ' ') + 1, NULL);
		return;
	}
	for (size_t i = 0; i < value->words.n; i++)
		add_words(out, o->flag, value->words.v[i]);
}

static void
add_rows(const struct prim_values *v, size_t from, size_t to, struct argv *out)
{
	for (size_t i = from; i < to; i++)
		add_option(out, &v->prim->rows[i], &v->of[i]);
}

void
prim_argv(const struct prim_values *v, struct argv *out)
{
	add_rows(v, 0, v->prim->n_parts, out);
}

void
prim_inner_argv(const struct prim_values *v, struct argv *out)
{
	add_rows(v, v->prim->n_parts, v->prim->n, out);
}
