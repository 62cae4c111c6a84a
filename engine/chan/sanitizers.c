/* sanitizers: the options of programs that were built with one (-fsanitize). */
#include "chan/sanitizers.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"

/* A report is read by its text, without colours. Leaks are looked for on request: most programs
 * leave some memory to the kernel at their exit. */
static const struct {
	const char *variable, *ours;
} options[] = {
	{ "ASAN_OPTIONS", "detect_leaks=0:handle_abort=1:color=never" },
	{ "UBSAN_OPTIONS", "print_stacktrace=1:color=never" },
	{ "TSAN_OPTIONS", "color=never" },
	{ "MSAN_OPTIONS", "color=never" },
	{ "LSAN_OPTIONS", "color=never" },
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))

void
sanitizers_set(void)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		const char *ours = options[i].ours, *theirs = getenv(options[i].variable);
		char *both;

		/* a supervisor has set it for its workers */
		if (theirs != NULL && strncmp(theirs, ours, strlen(ours)) == 0)
			continue;
		both = xsprintf("%s%s%s", ours, theirs != NULL ? ":" : "",
				theirs != NULL ? theirs : "");
		setenv(options[i].variable, both, 1);
		free(both);
	}
}

void
sanitizers_words(struct buf *script)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		const char *variable = options[i].variable, *value = getenv(variable);

		/* csh takes no newline in a word */
		if (value == NULL || strchr(value, '\n') != NULL)
			continue;
		buf_printf(script, "%s=", variable);
		buf_add_quoted(script, value);
		buf_printf(script, "; export %s; ", variable);
	}
}
