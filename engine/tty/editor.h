/* editor: the line that a person edits at the terminal (libedit), while others print above it. */
#ifndef EDITOR_H
#define EDITOR_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"

/* What can stand for the word that begins at byte `from` (from 0 on) of the line. */
struct candidates {
	size_t from;
	struct argv list;
};

/* Whom the editor asks while a line is edited. Neither may edit the line. */
struct editor_hooks {
	/* Turn the loop until the terminal can be read. False: the line is given up. */
	bool (*await)(void);
	/* Tab with the cursor in front of byte `cursor`. False where there is no answer; what was
	 * put into `out` is freed by the editor. */
	bool (*complete)(const char *line, size_t cursor, struct candidates *out);
};

/* stdin and stdout are a terminal, and that is one where lines can be edited. */
bool editor_is_possible(void);

/* The terminal's columns and rows; false where stdout is none. */
bool editor_size(size_t *columns, size_t *rows);

/* Read a line, edited; it ends with \n, and is the caller's. NULL at the end of input. What
 * stands between two \1 in the prompt is escape sequences. */
char *editor_read(const char *prompt, const struct editor_hooks *hooks);

/* Whole lines above the edited one (or where the cursor is, where none is edited). They are
 * shown by the next editor_flush, together. A missing final newline is added. */
void editor_print(const char *text, size_t len);
void editor_flush(void);

/* An entry of the history, the newest now; an older one that is the same goes. */
void editor_remember(const char *entry);
/* The same of one that is known to be the only one. */
void editor_recall(const char *entry);

/* Give the terminal back as it was; whoever is in editor_read takes it again. */
void editor_restore(void);
void editor_fini(void);

#endif
