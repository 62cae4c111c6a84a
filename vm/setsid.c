/* setsid: runs a program in a session of its own, for each command that comes over SSH. That of a static busybox would run
 * busybox's programs in place of the packages', and others are slow to start in an emulated CPU. */
#include <stdio.h>
#include <unistd.h>

/* setsid PROGRAM WORD...: in this process, unless it leads a group already. */
int
main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: setsid PROGRAM WORD...\n");
		return 2;
	}
	if (getpgrp() == getpid() && fork() != 0)
		return 0;
	setsid();
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
