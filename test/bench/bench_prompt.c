/* bench_prompt: a program with a prompt that costs next to nothing.
 * bench_prompt REPLY_BYTES FLOOD_BYTES: a line is answered with that many bytes of reply, the line
 * "flood" with that many of output. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROMPT "testpmd> "

static const char text[] =
	"  RX-packets: 1048576    RX-missed: 0          RX-bytes:  67108864           \n";

/* Whole lines, at least `bytes` in all. */
static void
print(unsigned long long bytes)
{
	static char block[sizeof(text) * 512];
	size_t line = sizeof(text) - 1, fill = 0;
	unsigned long long lines = (bytes + line - 1) / line;

	while (fill + line < sizeof(block)) {
		memcpy(block + fill, text, line);
		fill += line;
	}
	while (lines > 0) {
		unsigned long long n = lines < fill / line ? lines : fill / line;

		fwrite(block, line, n, stdout);
		lines -= n;
	}
}

int
main(int argc, char **argv)
{
	unsigned long long reply = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	unsigned long long flood = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	char line[512];

	setvbuf(stdout, NULL, _IOFBF, 65536);
	fputs("\n" PROMPT, stdout);
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) != NULL && strcmp(line, "quit\n") != 0) {
		/* the line comes back, as at every prompt */
		fputs(line, stdout);
		print(strcmp(line, "flood\n") == 0 ? flood : reply);
		fputs("\n" PROMPT, stdout);
		fflush(stdout);
	}
	return 0;
}
