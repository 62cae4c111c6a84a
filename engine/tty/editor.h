/* editor: the line that a person edits at the terminal (libedit), while others print above it. */
#ifndef EDITOR_H
#define EDITOR_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"

/* What Tab does. */
struct completion {
	size_t from;  /* the byte of the line where the word begins */
	char *text;   /* to stand for it, up to the cursor */
	char *list;   /* lines to be shown below the edited one; NULL: none */
	bool is_open; /* it can go on in several ways: a beep */
};

/* Whom the editor asks while a line is edited. Neither may edit the line. */
struct editor_hooks {
	/* Turn the loop until the terminal can be read. False: the line is given up. */
	bool (*await)(void);
	/* Tab, `again` where it was the last key, too; the cursor is in front of byte `cursor`.
	 * False where there is no answer; the editor frees the texts. */
	bool (*complete)(const char *line, size_t cursor, bool again, struct completion *out);
};

/* stdin and stdout are a terminal, and that is one where lines can be edited. */
bool editor_is_possible(void);

/* Read a line, edited; it ends with \n, and is the caller's. NULL at the end of input. What
 * stands between two \1 in the prompt is escape sequences. */
char *editor_read(const char *prompt, const struct editor_hooks *hooks);

/* Whole lines above the edited one (or where the cursor is, where none is edited). They are
 * shown by the next editor_flush, together. A missing final newline is added. */
void editor_print(const char *text, size_t len);
void editor_flush(void);

/* An entry of the history, the newest now. An older one that is the same goes, unless none is known
 * to be there (`is_new`). */
void editor_remember(const char *entry, bool is_new);

void editor_fini(void);

#endif
