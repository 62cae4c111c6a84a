/* editor_priv: what the editor's files share; there is one editor, as there is one terminal. */
#ifndef EDITOR_PRIV_H
#define EDITOR_PRIV_H

#include <histedit.h>
#include <stdio.h>

#include "core/loop.h"
#include "tty/editor.h"

struct editor {
	EditLine *el;
	History *past;
	FILE *screen; /* of our own: a redraw is one write, in one buffer */
	int keys;     /* the terminal, opened by ourselves: non-blocking for nobody else */
	const struct editor_hooks *hooks;
	char *prompt;
	struct buf above;   /* lines to be shown */
	struct buf last;    /* the line at which Tab found several candidates */
	size_t last_cursor; /* and where */
	int taken;          /* typed ahead, since the loop's turn */
	bool editing;
	bool escape_again; /* an escape ended a search: it begins a key, too */
	uv_signal_t resized, suspended, resumed;
};

extern struct editor ed;

/* The cursor to the beginning of the first row behind the edited line. */
void editor_leave_line(void);
void editor_watch_signals(void);

/* libedit's: a character, and what Tab does. */
int editor_read_char(EditLine *el, wchar_t *c);
unsigned char editor_on_tab(EditLine *el, int key);

#endif
