/* input: the characters typed at the edited line, for libedit. */
#ifndef INPUT_H
#define INPUT_H

#include <histedit.h>
#include <stdbool.h>

/* Start to read stdin's terminal. `await` turns the loop until it can be read; false: give the line
 * up. */
void input_open(bool (*await)(void));
void input_close(void);

/* The escape of a key's sequence, for which "\e" must be bound: libedit's search takes a real one
 * and leaves the rest of the sequence. */
#define INPUT_ESCAPE L'\x80'

/* libedit's EL_GETCFN: 1, or 0 at the end. A line that was given up ends with \n. */
int input_read(EditLine *el, wchar_t *c);

/* The number of Tabs in a row; 0 for a Tab in pasted text: more is waiting than fingers type. */
int input_tabs(void);

#endif
