/* option: the options of a primitive, a row each. Its command line, checks, help and documents come
 * from the rows: a new option is a new row. */
#ifndef OPTION_H
#define OPTION_H

#include "core/buf.h"

struct prim_option {
	const char *name;    /* NULL: words that are always there */
	const char *kind;    /* of lib/base/kind.lua; of "number|string" C has the last; NULL: it
			      * changes default, need and words of a row above */
	const char *unit;    /* "MiB", "seconds", or NULL */
	const char *initial; /* the default as text: "30", "true"; NULL: none */
	const char *of;      /* all values: "auto primary secondary", or NULL */
	bool needed;
	/* Its words of the command line, separated by blanks:
	 *   "--rxq=%s", "-a %s"         with the value; of a list, for each of its values
	 *   "-chardev path=%q"          with the value, its commas doubled, as QEMU reads them
	 *   "yes: -S", "no: --no-pci"   where it is true, where it is false
	 *   ""                          the primitive reads the value itself
	 *   NULL                        only Lua reads it */
	const char *flag;
	const char *since, *until; /* "DPDK 20.11", "QEMU 8.0", or NULL */
	const char *words;         /* for people: behind the unit */
};

#define PRIM_PARTS 4
#define PRIM_ROWS  64

struct prim {
	const char *name;   /* "testpmd" */
	const char *class;  /* of its options in the help: "testpmd.Options" */
	const char *words;  /* "Options of t:testpmd." */
	const char *module; /* of lib/, whose start(ctx, options, node) is t:NAME; NULL: none */
	const struct prim_option *parts[PRIM_PARTS]; /* each ends with a row of zeros */
	const struct prim_option *inner;             /* rows that only Lua gives */
	const char *prompt;                          /* ends each reply, or NULL */
	const char *quit;                            /* the line that ends it, or NULL */
	/* Made of parts, then of inner: each name once. */
	struct prim_option rows[PRIM_ROWS];
	size_t n, n_parts;
};

/* The values of one start: all as words. */
struct prim_value {
	bool on;
	double number;
	struct argv words; /* empty where none was given */
};

struct prim_values {
	const struct prim *prim;
	struct prim_value of[PRIM_ROWS]; /* of each row */
};

/* Makes the rows, once. */
void prim_make(struct prim *p);

/* All defaults; prim_free() it. Setting copies; an unknown name ends the process. */
void prim_init(struct prim_values *v, struct prim *p);
void prim_set(struct prim_values *v, const char *name, const char *text);
void prim_set_number(struct prim_values *v, const char *name, double number);
void prim_set_bool(struct prim_values *v, const char *name, bool on);
void prim_add(struct prim_values *v, const char *name, const char *word);
void prim_free(struct prim_values *v);

/* A value; NULL, 0 and false where none was given. */
const struct prim_value *prim_value(const struct prim_values *v, const char *name);
const char *prim_text(const struct prim_values *v, const char *name);
int prim_int(const struct prim_values *v, const char *name);
bool prim_is(const struct prim_values *v, const char *name);

/* Add a text to a word of QEMU's options, which have a comma of a value twice. */
void prim_double_commas(struct buf *out, const char *text);

/* The words of the parts' rows, and of the inner ones. */
void prim_argv(const struct prim_values *v, struct argv *out);
void prim_inner_argv(const struct prim_values *v, struct argv *out);

#endif
