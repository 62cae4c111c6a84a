/* fuzz_journal: a sweep of journals that somebody spoilt: it does what a strict reading has, and
 * nothing else. What would be done is only written down here: core/act.c, which kills and removes,
 * is not in this program. Input: a journal; "@" for its first line stands for this boot's. */
#include "fuzz/fuzz.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "guard/act.h"
#include "guard/journal.h"

#define RECORDS_MAX 2048

static char folder[128], file[160], boot[80];
static struct buf done; /* a line an act: the kind, a NUL and the word for each */

/* In place of core/act.c. */
void
act_do(const char *kind, const struct argv *words)
{
	buf_add(&done, kind, strlen(kind));
	for (size_t i = 0; i < words->n; i++) {
		buf_add_char(&done, '\0');
		buf_add(&done, words->v[i], strlen(words->v[i]));
	}
	buf_add_char(&done, '\n');
}

/* ---- the strict reading ---- */

struct record {
	struct span id, body;
	bool is_off;
};

static struct record records[RECORDS_MAX];
static size_t n_records;

static bool
is_decimal(struct span s, size_t max)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isdigit((unsigned char)s.p[i]))
			return false;
	return s.len > 0 && s.len <= max && (s.len == 1 || s.p[0] != '0');
}

/* Up to a byte, which goes, too; false where it is not there. */
static bool
take_until(struct span *in, char c, struct span *out)
{
	const char *p = in->len > 0 ? memchr(in->p, c, in->len) : NULL;

	*out = span_take(in, p != NULL ? (size_t)(p - in->p) : in->len);
	span_take(in, 1);
	return p != NULL;
}

static bool
is_word(struct span s, const char *word)
{
	return s.len == strlen(word) && memcmp(s.p, word, s.len) == 0;
}

static bool
is_above_all(struct span path)
{
	struct span part;
	size_t depth = 0;

	while (path.len > 0) {
		take_until(&path, '/', &part);
		if (is_word(part, ".."))
			depth -= depth > 0;
		else if (part.len > 0 && !is_word(part, "."))
			depth++;
	}
	return depth == 0;
}

static bool
are_process(struct span pid, struct span start)
{
	return is_decimal(pid, 9) && !is_word(pid, "0") && !is_word(pid, "1") &&
	       is_decimal(start, 18) && !is_word(start, "0");
}

/* The body: a kind, and as many words as it has NULs. */
static bool
is_undo(struct span body)
{
	struct span kind, word[2] = { { 0 } };
	size_t n = 0;

	for (size_t i = 0; i < body.len; i++)
		n += body.p[i] == '\0';
	take_until(&body, '\0', &kind);
	for (size_t i = 0; i < 2; i++)
		take_until(&body, '\0', &word[i]);
	if (is_word(kind, "group") || is_word(kind, "worker"))
		return n == 2 && are_process(word[0], word[1]);
	if (is_word(kind, "tree"))
		return n == 1 && word[0].len > 0 && word[0].p[0] == '/' && !is_above_all(word[0]);
	if (is_word(kind, "huge"))
		return n == 1 && word[0].len > 0 && memchr(word[0].p, '/', word[0].len) == NULL;
	return is_word(kind, "run") && n > 0 && word[0].len > 0;
}

static void
read_off(struct span id)
{
	for (size_t i = n_records; is_decimal(id, 18) && i > 0; i--) {
		struct record *r = &records[i - 1];

		if (r->is_off || r->id.len != id.len || memcmp(r->id.p, id.p, id.len) != 0)
			continue;
		r->is_off = true;
		return;
	}
}

static void
read_record(struct span text)
{
	struct span sign = span_take(&text, 1), id;

	if (is_word(sign, "-"))
		read_off(text);
	else if (is_word(sign, "+") && take_until(&text, ' ', &id) && is_decimal(id, 18) &&
		 is_undo(text) && n_records < RECORDS_MAX)
		records[n_records++] = (struct record){ .id = id, .body = text };
}

static void
read_records(struct span in)
{
	struct span number;

	n_records = 0;
	while (take_until(&in, ':', &number) && is_decimal(number, 9) && number.p[0] != '0') {
		size_t len = strtoul(number.p, NULL, 10);

		if (in.len <= len || in.p[len] != '\n')
			return;
		read_record(span_take(&in, len));
		span_take(&in, 1);
	}
}

static bool
has_kind(const struct record *r, const char *kind)
{
	struct span body = r->body, word;

	take_until(&body, '\0', &word);
	return is_word(word, kind);
}

static void
write_down(struct buf *out, const struct record *r)
{
	buf_add(out, r->body.p, r->body.len);
	buf_add_char(out, '\n');
}

/* Newest first, the worker before all others; no process of another boot. */
static struct buf
read_strictly(struct span in)
{
	struct buf out = { 0 };
	struct span head;
	bool here;

	buf_add(&out, "", 0);
	if (!take_until(&in, '\n', &head) || head.len < 5 || memcmp(head.p, "boot ", 5) != 0)
		return out;
	here = is_word(head, boot);
	read_records(in);
	for (size_t i = n_records; here && i > 0; i--)
		if (!records[i - 1].is_off && has_kind(&records[i - 1], "worker"))
			write_down(&out, &records[i - 1]);
	for (size_t i = n_records; i > 0; i--)
		if (!records[i - 1].is_off && !has_kind(&records[i - 1], "worker") &&
		    (here || !has_kind(&records[i - 1], "group")))
			write_down(&out, &records[i - 1]);
	return out;
}

/* ---- from beginning to end ---- */

static void
remove_folder(void)
{
	unlink(file);
	rmdir(folder);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *base = getenv("TMPDIR");
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	(void)argc;
	(void)argv;
	MUST(f != NULL);
	snprintf(boot, sizeof(boot), "boot ");
	/* cppcheck-suppress nullPointerOutOfResources ; MUST does not come back */
	MUST(fgets(boot + 5, sizeof(boot) - 5, f) != NULL);
	fclose(f);
	boot[strcspn(boot, "\n")] = '\0';
	snprintf(folder, sizeof(folder), "%s/moonrig-fuzz-XXXXXX", base != NULL ? base : "/tmp");
	MUST(mkdtemp(folder) != NULL);
	/* of no process: pids end before that */
	snprintf(file, sizeof(file), "%s/999999999.1", folder);
	return atexit(remove_folder);
}

static void
sweep(struct span text)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	MUST(fd >= 0 && write(fd, text.p, text.len) == (ssize_t)text.len);
	close(fd);
	MUST(journal_sweep(folder) == 1 && access(file, F_OK) < 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct span in = { (const char *)bytes, len };
	struct buf text = { 0 }, want;
	uint64_t before;

	if (len > 1 && memcmp(bytes, "@\n", 2) == 0)
		buf_add(&text, boot, strlen(boot));
	buf_add(&text, in.p + (text.len > 0), in.len - (text.len > 0));
	done.len = 0;
	buf_add(&done, "", 0);
	before = fuzz_work();
	sweep((struct span){ text.data, text.len });
	fuzz_linear(before, text.len, 128, 20000);
	want = read_strictly((struct span){ text.data, text.len });
	MUST(done.len == want.len && memcmp(done.data, want.data, want.len) == 0);
	buf_free(&text);
	buf_free(&want);
	return 0;
}
