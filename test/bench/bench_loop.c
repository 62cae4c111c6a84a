/* bench_loop: the floor of a round trip: a bare write and read loop at a prompt on a pty.
 * bench_loop COUNT LINE PROMPT PROGRAM... prints the seconds of one round trip. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/pty.h"

/* Round trips that are not counted: the program's first ones are slower. */
#define UNTIMED 20

/* Read until what was read ends with the prompt. */
static void
await_prompt(const struct pty *p, const char *prompt, size_t prompt_len)
{
	static char bytes[65536];
	size_t have = 0, n;

	while (have < prompt_len || memcmp(bytes + have - prompt_len, prompt, prompt_len) != 0) {
		if (have > sizeof(bytes) / 2) {
			memmove(bytes, bytes + have - prompt_len, prompt_len);
			have = prompt_len;
		}
		n = pty_read(p, bytes + have, sizeof(bytes) - have);
		if (n == 0) {
			fprintf(stderr, "bench_loop: no prompt came\n");
			exit(3);
		}
		have += n;
	}
}

int
main(int argc, char **argv)
{
	int count = argc > 4 ? atoi(argv[1]) : 0;
	char line[512];
	const char *prompt;
	struct pty p;
	size_t len;
	double since = 0;

	if (count < 1) {
		fprintf(stderr, "bench_loop: COUNT LINE PROMPT PROGRAM... are expected\n");
		return 4;
	}
	prompt = argv[3];
	len = strlen(prompt);
	snprintf(line, sizeof(line), "%s\n", argv[2]);
	p = pty_start(argv + 4);
	await_prompt(&p, prompt, len);
	for (int i = -UNTIMED; i < count; i++) {
		if (i == 0)
			since = pty_now();
		pty_write(&p, line);
		await_prompt(&p, prompt, len);
	}
	printf("%.9f\n", (pty_now() - since) / count);
	pty_end(&p);
	return 0;
}
