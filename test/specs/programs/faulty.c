/* fake_faulty: a program with faults, each on request: a line of its input names it. Specs compile
 * it as they need it, with a sanitizer or without. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void
store(int *where)
{
	*where = 1;
}

static void *
lcore(void *where)
{
	store(where);
	return NULL;
}

static void
thread_crashes(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, lcore, NULL);
	pthread_join(thread, NULL);
}

static void
overflow(void)
{
	volatile char *few = malloc(16);

	few[16] = 1;
	free((void *)few);
}

static void
leak(void)
{
	volatile char *lost = malloc(33);

	lost[0] = 1;
	lost = NULL;
}

static void
too_large(void)
{
	volatile int n = 2147483647;

	n += 1;
}

/* As DPDK maps its files: below all programs and libraries. */
static void
map_below(const char *path)
{
	mmap((void *)0x100000000, 4096, PROT_READ, MAP_SHARED | MAP_FIXED, open(path, O_RDONLY), 0);
}

static int
exit_late(void)
{
	atexit(overflow);
	return 0;
}

int
main(void)
{
	char line[256];

	printf("\nfaulty> ");
	while (fflush(stdout) == 0 && fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, "null") == 0)
			store(NULL);
		else if (strcmp(line, "thread") == 0)
			thread_crashes();
		else if (strcmp(line, "abort") == 0)
			abort();
		else if (strcmp(line, "ill") == 0)
			raise(SIGILL);
		else if (strcmp(line, "overflow") == 0)
			overflow();
		else if (strcmp(line, "too large") == 0)
			too_large();
		else if (strcmp(line, "leak") == 0)
			leak();
		else if (strcmp(line, "late") == 0)
			exit_late();
		else if (strncmp(line, "map ", 4) == 0)
			map_below(line + 4);
		else if (strcmp(line, "quit") == 0)
			return 0;
		else
			printf("%s", line);
		printf("\nfaulty> ");
	}
	return 0;
}
