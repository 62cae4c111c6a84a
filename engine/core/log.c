/* log: the files of a run: one timeline for all cases, one raw transcript a console. */
#include "core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/loop.h"
#include "core/scope.h"

struct transcript {
	char *name;
	char *quoted; /* as JSON */
	int fd;
	uint64_t offset;
};

static char *log_dir;
static char *log_case; /* ,"case":NAME,"folder":NAME as JSON; "" without */
static double log_origin;
static int log_fd = -1;
static bool has_failed;
/* the name of the last transcript, and the number that made it unique */
static char *last_base;
static int last_number;

/* Pending output of one console: a program that prints by the character makes many chunks of a
 * reply. */
#define OUTPUT_SECONDS 0.02
#define OUTPUT_BYTES   ((size_t)64 << 10)
static struct {
	struct transcript *of; /* NULL: nothing is pending */
	double since;
	struct buf bytes;
	struct timer *timer;
} output;

static char *
quoted(const char *text)
{
	json_t *value = log_text(text, strlen(text));
	char *json = json_dumps(value, JSON_ENCODE_ANY);

	json_decref(value);
	return json;
}

static void
add_field(struct buf *b, const char *key, const char *value)
{
	char *text = value != NULL ? quoted(value) : NULL;

	if (text != NULL)
		buf_printf(b, ",\"%s\":%s", key, text);
	free(text);
}

int
log_open(const char *dir, const char *timeline, double origin, const char *name, const char *folder)
{
	struct buf fields = { 0 };
	int fd = open(timeline, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	if (fd < 0)
		return -errno;
	log_close();
	log_fd = fd;
	log_dir = xstrdup(dir);
	buf_add(&fields, "", 0);
	add_field(&fields, "case", name);
	add_field(&fields, "folder", folder);
	log_case = fields.data;
	log_origin = origin;
	has_failed = false;
	return 0;
}

void
log_close(void)
{
	transcript_flush();
	buf_free(&output.bytes);
	if (log_fd >= 0)
		close(log_fd);
	log_fd = -1;
	free(log_dir);
	free(log_case);
	free(last_base);
	log_dir = log_case = last_base = NULL;
}

/* One message is enough: the run goes on, and its verdict has the error. */
static void
note_failure(int err)
{
	if (!has_failed)
		scope_note_error("cannot record under %s: %s", log_dir, strerror(err));
	has_failed = true;
}

static void
log_write(int fd, const struct buf *b)
{
	int rc = buf_write(b, fd);

	if (rc < 0)
		note_failure(-rc);
}

/* A line is one write, as several processes append to the timeline. Takes the event's name in
 * quotes and the fields as ",...}". */
static void
line_write(double at, const char *event, const char *fields)
{
	struct buf line = { 0 };

	buf_printf(&line, "{\"t\":%.12g,\"ev\":%s%s%s\n", at - log_origin, event, log_case, fields);
	log_write(log_fd, &line);
	buf_free(&line);
}

void
log_event(const char *event, json_t *fields)
{
	char *name, *text = NULL;

	transcript_flush();
	if (log_fd >= 0 && json_object_size(fields) > 0)
		text = json_dumps(fields, JSON_COMPACT | JSON_REAL_PRECISION(12));
	if (text != NULL)
		text[0] = ',';
	if (log_fd >= 0 && (text != NULL || json_object_size(fields) == 0)) {
		name = quoted(event);
		line_write(loop_now(), name, text != NULL ? text : "}");
		free(name);
	}
	free(text);
	json_decref(fields);
}

size_t
log_utf8(const char *bytes, size_t left)
{
	const unsigned char *p = (const unsigned char *)bytes;
	size_t n = p[0] < 0x80   ? 1
		   : p[0] < 0xc2 ? 0
		   : p[0] < 0xe0 ? 2
		   : p[0] < 0xf0 ? 3
		   : p[0] < 0xf5 ? 4
				 : 0;

	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90))
		return 0;
	return n;
}

json_t *
log_text(const char *bytes, size_t len)
{
	struct buf clean = { 0 };
	json_t *s;

	buf_add(&clean, "", 0);
	for (size_t i = 0; i < len;) {
		size_t n = log_utf8(bytes + i, len - i);

		if (n > 0)
			buf_add(&clean, bytes + i, n);
		else
			buf_add(&clean, "\xef\xbf\xbd", 3);
		i += n > 0 ? n : 1;
	}
	s = json_stringn(clean.data, clean.len);
	buf_free(&clean);
	return s;
}

/* The file stays in our folder, whatever the name. */
static char *
file_name(const char *name)
{
	char *base = xstrdup(name);

	for (char *p = base; *p != '\0'; p++)
		if (*p == '/')
			*p = '_';
	return base;
}

/* The first number to try: a thousand transcripts of one name do not try all numbers. */
static int
first_number(const char *base)
{
	if (last_base != NULL && strcmp(last_base, base) == 0)
		return last_number;
	free(last_base);
	last_base = xstrdup(base);
	last_number = 1;
	return 1;
}

static int
file_create(const char *name)
{
	char *path = xsprintf("%s/%s.log", log_dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);

	free(path);
	return fd;
}

void
transcript_flush(void)
{
	struct transcript *t = output.of;
	char *fields;

	if (t == NULL)
		return;
	output.of = NULL;
	timer_stop(&output.timer);
	log_write(t->fd, &output.bytes);
	/* by hand: a tree for each event cost more than all else in a round trip */
	fields = xsprintf(",\"console\":%s,\"at\":%llu,\"len\":%zu}", t->quoted,
			  (unsigned long long)t->offset, output.bytes.len);
	t->offset += output.bytes.len;
	buf_drop(&output.bytes, output.bytes.len);
	if (log_fd >= 0)
		line_write(output.since, "\"output\"", fields);
	free(fields);
}

static void
output_overdue(void *arg)
{
	(void)arg;
	transcript_flush();
}

struct transcript *
transcript_open(const char *name)
{
	struct transcript *t;
	char *base = file_name(name), *unique = NULL;
	int fd = -1;

	for (int n = first_number(base); log_dir != NULL && fd < 0; n++) {
		free(unique);
		unique = n == 1 ? xstrdup(base) : xsprintf("%s-%d", base, n);
		fd = file_create(unique);
		if (fd < 0 && errno != EEXIST)
			break;
		last_number = n;
	}
	free(base);
	if (fd < 0 && log_dir != NULL)
		note_failure(errno);
	if (fd < 0) {
		free(unique);
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	t->name = unique;
	t->quoted = quoted(unique);
	t->fd = fd;
	return t;
}

const char *
transcript_name(const struct transcript *t)
{
	return t != NULL ? t->name : NULL;
}

const char *
transcript_folder(void)
{
	transcript_flush();
	return log_dir;
}

char *
transcript_path(const char *name)
{
	transcript_flush();
	return log_dir != NULL ? xsprintf("%s/%s.log", log_dir, name) : NULL;
}

void
transcript_write(struct transcript *t, const char *bytes, size_t len)
{
	bool is_old = loop_now() - output.since > OUTPUT_SECONDS;

	if (t == NULL || len == 0)
		return;
	if (output.of != t || is_old || output.bytes.len + len > OUTPUT_BYTES)
		transcript_flush();
	if (output.of == NULL) {
		output.of = t;
		output.since = loop_now();
		timer_start(&output.timer, OUTPUT_SECONDS, output_overdue, NULL);
	}
	buf_add(&output.bytes, bytes, len);
}

void
transcript_close(struct transcript **t)
{
	if (*t == NULL)
		return;
	if (output.of == *t)
		transcript_flush();
	close((*t)->fd);
	free((*t)->name);
	free((*t)->quoted);
	free(*t);
	*t = NULL;
}
