/* bench_many: the floor of many consoles at once: one epoll loop over bare ptys.
 * bench_many COUNT COMMANDS LINE PROMPT PROGRAM... starts COUNT programs, has one command in flight
 * on each of them until COMMANDS are done, and prints the seconds of a command. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "bench/pty.h"

#define EVENTS 64

struct console {
	struct pty p;
	char tail[64]; /* the last bytes that came, as many as the prompt has */
	size_t have;
};

static size_t prompt_len;

static void
fail(const char *why)
{
	fprintf(stderr, "bench_many: %s\n", why);
	exit(3);
}

/* Keep the last bytes of the tail and of what came. */
static void
add(struct console *c, const char *bytes, size_t n)
{
	size_t kept = n >= prompt_len ? 0 : prompt_len - n;

	kept = kept < c->have ? kept : c->have;
	memmove(c->tail, c->tail + c->have - kept, kept);
	bytes += n > prompt_len ? n - prompt_len : 0;
	n = n > prompt_len ? prompt_len : n;
	memcpy(c->tail + kept, bytes, n);
	c->have = kept + n;
}

static bool
has_prompt(const struct console *c, const char *prompt)
{
	return c->have == prompt_len && memcmp(c->tail, prompt, prompt_len) == 0;
}

/* Read until each console has its prompt. */
static void
await_prompts(int epoll, int count, const char *prompt)
{
	static char bytes[65536];
	struct epoll_event events[EVENTS];

	while (count > 0) {
		int n = epoll_wait(epoll, events, EVENTS, 60000);

		if (n < 1)
			fail("no prompt came");
		for (int i = 0; i < n; i++) {
			struct console *c = events[i].data.ptr;
			size_t got = pty_read(&c->p, bytes, sizeof(bytes));

			if (got == 0)
				fail("a program ended");
			add(c, bytes, got);
			count -= has_prompt(c, prompt);
		}
	}
}

int
main(int argc, char **argv)
{
	int count = argc > 5 ? atoi(argv[1]) : 0, commands = argc > 5 ? atoi(argv[2]) : 0;
	int rounds = count > 0 ? (commands + count - 1) / count : 0,
	    epoll = epoll_create1(EPOLL_CLOEXEC);
	struct console *all = calloc((size_t)count, sizeof(*all));
	char line[512];
	double since = 0;

	prompt_len = argc > 5 ? strlen(argv[4]) : 0;
	if (count < 1 || rounds < 1 || prompt_len > sizeof(all->tail) || all == NULL || epoll < 0) {
		fprintf(stderr, "bench_many: COUNT COMMANDS LINE PROMPT PROGRAM... are expected\n");
		return 4;
	}
	snprintf(line, sizeof(line), "%s\n", argv[3]);
	for (int i = 0; i < count; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = &all[i] };

		all[i].p = pty_start(argv + 5);
		epoll_ctl(epoll, EPOLL_CTL_ADD, all[i].p.fd, &event);
	}
	await_prompts(epoll, count, argv[4]);
	for (int round = -1; round < rounds; round++) {
		if (round == 0)
			since = pty_now();
		for (int i = 0; i < count; i++) {
			all[i].have = 0;
			pty_write(&all[i].p, line);
		}
		await_prompts(epoll, count, argv[4]);
	}
	printf("%.9f\n", (pty_now() - since) / rounds / count);
	for (int i = 0; i < count; i++)
		pty_end(&all[i].p);
	free(all);
	return 0;
}
