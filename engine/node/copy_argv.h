/* copy_argv: the commands of a copy, of a POSIX shell, cat, tar and mv. */
#ifndef COPY_ARGV_H
#define COPY_ARGV_H

#include "core/buf.h"

/* Prints "file MODE" or "folder", then the file's bytes, or the folder's archive. */
void copy_sender_argv(const char *path, struct argv *out);

/* Reads that and makes `to` of it, with the last part of `from` in a folder that exists. Prints the
 * copy's path. `undo` removes what a killed one leaves. It makes nothing without `*end`, which
 * comes after the sender's bytes once that has succeeded. */
void copy_receiver_argv(const char *to, const char *from, struct argv *out, struct argv *undo,
			char **end);

#endif
