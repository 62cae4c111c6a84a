/* bench_drain: the floor of reading: a loop that drains a pty and looks at nothing.
 * bench_drain BYTES LINE PROGRAM... types the line, and prints the seconds for that many bytes. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/pty.h"

int
main(int argc, char **argv)
{
	unsigned long long want = argc > 3 ? strtoull(argv[1], NULL, 10) : 0, have;
	static char bytes[65536];
	char line[512];
	struct pty p;
	double since;
	size_t n;

	if (want == 0) {
		fprintf(stderr, "bench_drain: BYTES LINE PROGRAM... are expected\n");
		return 4;
	}
	p = pty_start(argv + 3);
	/* the program's start is not counted: from its first bytes on */
	have = pty_read(&p, bytes, sizeof(bytes));
	snprintf(line, sizeof(line), "%s\n", argv[2]);
	pty_write(&p, line);
	for (since = pty_now(); have < want; have += n) {
		n = pty_read(&p, bytes, sizeof(bytes));
		if (n == 0) {
			fprintf(stderr, "bench_drain: %llu bytes came, not %llu\n", have, want);
			return 3;
		}
	}
	printf("%.9f\n", pty_now() - since);
	pty_end(&p);
	return 0;
}
