/* line: a line typed by a person, while the loop turns. */
#ifndef LINE_H
#define LINE_H

#include <lua.h>

/* Does a task wait for a line? line_pump reads it (libedit on a terminal) and turns the loop. */
int line_is_wanted(void);
void line_pump(lua_State *L);
/* Ctrl-C at the prompt: the half-typed line is dropped. */
void line_interrupt(void);
void line_fini(void);

#endif
