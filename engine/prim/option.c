/* option: what a primitive takes, a row an option. */
#include "prim/option.h"

#include <assert.h>

static bool
is_end(const struct prim_option *o)
{
	return o == NULL || (o->name == NULL && o->flag == NULL);
}

const struct prim_option *
prim_row(const struct prim *p, size_t i)
{
	for (int part = 0; part <= PRIM_PARTS; part++) {
		const struct prim_option *o = part < PRIM_PARTS ? p->parts[part] : p->inner;

		for (; !is_end(o); o++)
			if (i-- == 0)
				return o;
	}
	return NULL;
}

/* The place of its row; that behind the last where there is none. */
static size_t
place_of(const struct prim *p, const char *name)
{
	const struct prim_option *o;
	size_t i;

	for (i = 0; (o = prim_row(p, i)) != NULL; i++)
		if (o->name != NULL && o->kind != NULL && strcmp(o->name, name) == 0)
			break;
	return i;
}

const struct prim_option *
prim_find(const struct prim *p, const char *name)
{
	return prim_row(p, place_of(p, name));
}

const char *
prim_initial(const struct prim *p, const char *name)
{
	const struct prim_option *o;
	const char *initial = NULL;

	for (size_t i = 0; (o = prim_row(p, i)) != NULL; i++)
		if (o->name != NULL && o->initial != NULL && strcmp(o->name, name) == 0)
			initial = o->initial;
	return initial;
}

bool
prim_is_needed(const struct prim *p, const char *name)
{
	const struct prim_option *o;
	bool needed = false;

	for (size_t i = 0; (o = prim_row(p, i)) != NULL; i++)
		needed |= o->name != NULL && o->needed && strcmp(o->name, name) == 0;
	return needed;
}

static struct prim_value *
value_of(const struct prim_values *v, const char *name)
{
	size_t i = place_of(v->prim, name);

	assert(i < PRIM_ROWS && prim_row(v->prim, i) != NULL);
	return (struct prim_value *)&v->of[i];
}

static struct prim_value *
renewed(struct prim_values *v, const char *name)
{
	struct prim_value *one = value_of(v, name);

	argv_free(&one->words);
	*one = (struct prim_value){ .is_set = true };
	return one;
}

void
prim_init(struct prim_values *v, const struct prim *p)
{
	const struct prim_option *o;
	const char *initial;

	*v = (struct prim_values){ .prim = p };
	for (size_t i = 0; (o = prim_row(p, i)) != NULL; i++) {
		if (o->name == NULL || o->kind == NULL)
			continue;
		if ((initial = prim_initial(p, o->name)) == NULL)
			continue;
		if (strcmp(o->kind, "boolean") == 0) {
			prim_set_bool(v, o->name, strcmp(initial, "true") == 0);
			continue;
		}
		prim_set(v, o->name, initial);
		v->of[i].number = strtod(initial, NULL);
	}
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
	struct prim_value *one = value_of(v, name);

	one->is_set = true;
	argv_add(&one->words, word);
}

void
prim_free(struct prim_values *v)
{
	for (size_t i = 0; i < PRIM_ROWS; i++)
		argv_free(&v->of[i].words);
}

const struct prim_value *
prim_value(const struct prim_values *v, const char *name)
{
	return value_of(v, name);
}

const char *
prim_text(const struct prim_values *v, const char *name)
{
	const struct prim_value *one = value_of(v, name);

	return one->words.n > 0 ? one->words.v[0] : NULL;
}

int
prim_int(const struct prim_values *v, const char *name)
{
	return (int)value_of(v, name)->number;
}

bool
prim_is(const struct prim_values *v, const char *name)
{
	return value_of(v, name)->on;
}

/* The words of a flag, `value` (may be NULL) in place of its %s. */
static void
add_words(struct argv *out, const char *flag, const char *value)
{
	while (*flag != '\0') {
		size_t len = strcspn(flag, " ");
		const char *hole = value != NULL ? memmem(flag, len, "%s", 2) : NULL;

		if (hole != NULL)
			argv_printf(out, "%.*s%s%.*s", (int)(hole - flag), flag, value,
				    (int)(flag + len - hole - 2), hole + 2);
		else
			argv_printf(out, "%.*s", (int)len, flag);
		flag += len;
		flag += strspn(flag, " ");
	}
}

static void
add_option(struct argv *out, const struct prim_option *o, const struct prim_value *value)
{
	if (strncmp(o->flag, "yes: ", 5) == 0 || strncmp(o->flag, "no: ", 4) == 0) {
		if (value->is_set && value->on == (o->flag[0] == 'y'))
			add_words(out, strchr(o->flag, ' ') + 1, NULL);
		return;
	}
	for (size_t i = 0; i < value->words.n; i++)
		add_words(out, o->flag, value->words.v[i]);
}

void
prim_part_argv(const struct prim_values *v, const struct prim_option *part, struct argv *out)
{
	for (; !is_end(part); part++) {
		if (part->flag == NULL)
			continue;
		if (part->name == NULL)
			add_words(out, part->flag, NULL);
		else
			add_option(out, part, value_of(v, part->name));
	}
}

void
prim_argv(const struct prim_values *v, struct argv *out)
{
	for (int i = 0; i < PRIM_PARTS; i++)
		prim_part_argv(v, v->prim->parts[i], out);
}
