/* cores: how a program is started so that a crash leaves a core, in a folder of its own. */
#ifndef CORES_H
#define CORES_H

/* A new folder below `folder`, which is made; NULL where that fails. The caller frees the path. */
char *cores_folder(const char *folder);

/* In a new process, before exec: run in this folder, and leave a core there. Relative paths of
 * *program and $PATH are made absolute first. 0, or -errno. */
int cores_enter(const char *folder, char **program);

#endif
