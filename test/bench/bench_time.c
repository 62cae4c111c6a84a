/* bench_time: how long a program takes, from its start to its end.
 * bench_time PROGRAM... prints the seconds; its output is thrown away. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "bench/pty.h"

extern char **environ;

int
main(int argc, char **argv)
{
	posix_spawn_file_actions_t actions;
	double since;
	pid_t pid;
	int status, rc;

	if (argc < 2) {
		fprintf(stderr, "bench_time: PROGRAM... is expected\n");
		return 4;
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	since = pty_now();
	rc = posix_spawnp(&pid, argv[1], &actions, NULL, argv + 1, environ);
	if (rc != 0) {
		fprintf(stderr, "bench_time: %s: %s\n", argv[1], strerror(rc));
		return 3;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	printf("%.9f\n", pty_now() - since);
	posix_spawn_file_actions_destroy(&actions);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	fprintf(stderr, "bench_time: %s did not end well (status %d)\n", argv[1], status);
	return 3;
}
