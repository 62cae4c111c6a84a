/* fake_testpmd: behaves as DPDK's command line. It prints its first prompt before it turns the
 * terminal's echo off, echoes typed characters itself (a line ends in \r\r\n), and prints a prompt
 * after each answer. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define PROMPT "testpmd> "

static bool stubborn;
static const char *after; /* printed after the next prompt */

static void
nap(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static void
print(const char *text)
{
	fputs(text, stdout);
	fflush(stdout);
}

/* So many bytes, in lines of 64. */
static void
chatter(long bytes)
{
	static char block[1 << 16];

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = i % 64 == 63 ? '\n' : (char)('a' + i % 26);
	for (; bytes > 0; bytes -= (long)sizeof(block))
		fwrite(block, 1, bytes < (long)sizeof(block) ? (size_t)bytes : sizeof(block),
		       stdout);
	fflush(stdout);
}

static void
quit(void)
{
	if (stubborn)
		return;
	print("Bye...\n");
	exit(0);
}

/* Waits until the test makes a file. */
static void
await(const char *path)
{
	while (access(path, F_OK) < 0)
		nap(5);
	print("waited\n");
}

/* Each byte in its own write. */
static void
print_cut(const char *text)
{
	for (; *text != '\0'; text++) {
		nap(2);
		putchar(*text);
		fflush(stdout);
	}
}

static void
answer(char *line)
{
	char *rest = strchr(line, ' ');

	if (rest != NULL)
		*rest++ = '\0';
	else
		rest = line + strlen(line);
	if (strcmp(line, "echo") == 0)
		printf("%s\n", rest);
	else if (strcmp(line, "await") == 0)
		await(rest);
	else if (strcmp(line, "delay") == 0)
		nap(atol(rest));
	else if (strcmp(line, "chatter") == 0)
		chatter(atol(rest));
	else if (strcmp(line, "die") == 0)
		exit(atoi(rest));
	else if (strcmp(line, "last-words") == 0)
		print("the last words"), _exit(3);
	else if (strcmp(line, "kill") == 0)
		raise(atoi(rest));
	else if (strcmp(line, "inline") == 0)
		printf("this is no testpmd> prompt\nand this testpmd> neither\n");
	else if (strcmp(line, "colour") == 0)
		printf("\033[1;31mred\033[0m\033]0;title\007 text\n");
	else if (strcmp(line, "log") == 0)
		after = "EAL: a line behind the prompt\nEAL: and another\n";
	else if (strcmp(line, "stubborn") == 0)
		stubborn = true, signal(SIGTERM, SIG_IGN), signal(SIGHUP, SIG_IGN);
	else if (strcmp(line, "quit") == 0)
		quit();
	else if (strcmp(line, "cut") == 0) {
		print_cut(PROMPT);
		return;
	} else if (*line != '\0')
		printf("Command not found\n");
	print(PROMPT);
	if (after != NULL)
		print(after);
	after = NULL;
}

int
main(int argc, char **argv)
{
	struct termios tio;
	char line[512] = "", c;
	size_t n = 0;

	for (int i = 1; i < argc; i++)
		printf("argv[%d]: %s\n", i, argv[i]);
	print(PROMPT);
	if (tcgetattr(0, &tio) == 0) {
		tio.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
		tcsetattr(0, TCSANOW, &tio);
	}
	while (read(0, &c, 1) == 1) {
		if (c == '\n' || c == '\r') {
			print("\r\n");
			line[n] = '\0';
			n = 0;
			answer(line);
		} else if (c == 3) {
			n = 0;
			print("\r\n" PROMPT);
		} else if (n + 1 < sizeof(line)) {
			line[n++] = c;
			putchar(c);
			fflush(stdout);
		}
	}
	return stubborn ? pause() : 0;
}
