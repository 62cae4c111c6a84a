/* sanitizers: the options of programs that were built with one (-fsanitize). */
#ifndef SANITIZERS_H
#define SANITIZERS_H

struct buf;

/* Set our options in this process's environment, in front of the user's, which win. */
void sanitizers_set(void);

/* Add shell words that set the options of this process for a program on another node. */
void sanitizers_words(struct buf *script);

#endif
