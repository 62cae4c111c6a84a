/* input: what is typed at the edited line, character by character, for libedit. */
#ifndef INPUT_H
#define INPUT_H

#include <histedit.h>
#include <stdbool.h>

/* Read stdin's terminal from here on. `await` turns the loop until it can be read; false: the line
 * is given up. */
void input_open(bool (*await)(void));
void input_close(void);

/* libedit's EL_GETCFN: 1, or 0 at the end. A line that is given up ends with \n. */
int input_read(EditLine *el, wchar_t *c);

/* How many Tabs were typed in a row; 0 where the last came with more than hasty fingers type: it
 * is pasted. */
int input_tabs(void);

#endif
