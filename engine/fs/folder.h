/* folder: a folder whose events wake us. */
#ifndef FOLDER_H
#define FOLDER_H

/* After folder_stop the pointer is NULL and `fn` is not called again. */
struct folder;

typedef void (*folder_fn)(void *arg);

/* `fn` is called when `path` or one of its entries changes, not for files in its folders. -ENOENT:
 * no such folder; -ENOSPC or -EMFILE: the kernel gives no more watches. */
int folder_start(struct folder **f, const char *path, folder_fn fn, void *arg);
void folder_stop(struct folder **f);

#endif
