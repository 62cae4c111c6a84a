/* editor: the line that a person edits at the terminal (libedit), with output above it. */
#ifndef EDITOR_H
#define EDITOR_H

#include <histedit.h>
#include <stdbool.h>

/* The result of Tab. */
struct completion {
	size_t from;  /* the byte of the line where the word begins */
	char *text;   /* replaces it, up to the cursor */
	char *list;   /* lines to show below the edited one; NULL: none */
	bool is_open; /* several words are possible: a beep, or the list */
};

/* Callbacks while a line is edited. Neither may edit the line. */
struct editor_hooks {
	/* Turn the loop until the terminal can be read. False: give the line up. */
	bool (*await)(void);
	/* Tab; `again`: the last key was Tab, too. False for no completion; the editor frees the
	 * texts. */
	bool (*complete)(const LineInfo *line, bool again, struct completion *out);
};

/* Read an edited line; it ends with \n and is the caller's. NULL at the end of input. Between two
 * \1 the prompt has escape sequences. */
char *editor_read(const char *prompt, const struct editor_hooks *hooks);

/* Print whole lines above the edited one (at the cursor when none is edited), together at the next
 * editor_flush. Adds a missing final newline. */
void editor_print(const char *text, size_t len);
void editor_flush(void);

/* Add an entry to the history, in place of an equal older one (`is_new`: there is none). */
void editor_remember(const char *entry, bool is_new);

void editor_fini(void);

#endif
