/* log: the run's record: one timeline for all, one raw transcript a console. */
#include "core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
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
static char *log_who;
static char *log_folder;
static char *log_who_field; /* "case":NAME,"folder":NAME, as JSON; "" without */
static double log_origin;
static int log_fd = -1;
/* the transcript made last, and the number it has got of its name */
static char *last_base;
static int last_number;
static int log_error;

/* Output of one console that came in a row, not yet written: a program that echoes and prints by
 * the character makes a handful of chunks of each reply. */
#define OUTPUT_SECONDS 0.02
#define OUTPUT_BYTES   ((size_t)64 << 10)
static struct {
	struct transcript *of; /* NULL: nothing is pending */
	double since;
	struct buf bytes;
	struct timer *timer;
} output;

static void output_end(void);

static char *
quoted(const char *text)
{
	json_t *value = log_text(text, strlen(text));
	char *json = json_dumps(value, JSON_ENCODE_ANY);

	json_decref(value);
	return json;
}

/* "key":value, or nothing without a value. */
static char *
field_of(const char *key, const char *value)
{
	char *text = value != NULL ? quoted(value) : NULL;
	char *field = text != NULL ? xsprintf("\"%s\":%s,", key, text) : xstrdup("");

	free(text);
	return field;
}

static char *
who_field(const char *who, const char *folder)
{
	char *name = field_of("case", who), *place = field_of("folder", folder);
	char *both = xsprintf("%s%s", name, place);

	free(name);
	free(place);
	return both;
}

int
log_open(const char *dir, const char *timeline, double origin, const char *who, const char *folder)
{
	int fd = open(timeline, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	if (fd < 0)
		return -errno;
	log_close();
	log_fd = fd;
	log_dir = xstrdup(dir);
	log_who = who != NULL ? xstrdup(who) : NULL;
	log_folder = folder != NULL ? xstrdup(folder) : NULL;
	log_who_field = who_field(who, folder);
	log_origin = origin;
	log_error = 0;
	return 0;
}

void
log_close(void)
{
	output_end();
	buf_free(&output.bytes);
	if (log_fd >= 0)
		close(log_fd);
	log_fd = -1;
	free(log_dir);
	free(log_who);
	free(log_folder);
	free(log_who_field);
	free(last_base);
	log_dir = log_who = log_folder = log_who_field = last_base = NULL;
}

static void
log_write(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			/* once is enough; the run goes on, and its end says so */
			if (log_error == 0)
				scope_note_error("cannot record under %s: %s", log_dir,
						 strerror(errno));
			log_error = errno;
			return;
		}
		bytes += n;
		len -= (size_t)n;
	}
}

void
log_event(const char *event, json_t *fields)
{
	json_t *line;
	char *text;

	output_end();
	if (log_fd < 0) {
		json_decref(fields);
		return;
	}
	line = json_pack("{s:f, s:o}", "t", loop_now() - log_origin, "ev",
			 log_text(event, strlen(event)));
	if (log_who != NULL)
		json_object_set_new(line, "case", log_text(log_who, strlen(log_who)));
	if (log_folder != NULL)
		json_object_set_new(line, "folder", log_text(log_folder, strlen(log_folder)));
	if (fields != NULL)
		json_object_update(line, fields);
	json_decref(fields);
	text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(12));
	json_decref(line);
	if (text == NULL)
		return;
	text = xrealloc(text, strlen(text) + 2);
	strcat(text, "\n");
	log_write(log_fd, text, strlen(text));
	free(text);
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

/* A name is one of a file in our folder, and not a way out of it. */
static char *
file_name(const char *name)
{
	char *base = xstrdup(name);

	for (char *p = base; *p != '\0'; p++)
		if (*p == '/')
			*p = '_';
	return base;
}

/* Where to begin looking for a free number: a thousand of one name do not try
 * each other's. */
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

/* An event by hand: building each as a tree was most of the engine's own part of a round trip. */
static void
output_end(void)
{
	struct transcript *t = output.of;
	struct buf line = { 0 };

	if (t == NULL)
		return;
	output.of = NULL;
	timer_stop(&output.timer);
	log_write(t->fd, output.bytes.data, output.bytes.len);
	buf_printf(&line,
		   "{\"t\":%.12g,\"ev\":\"output\",%s\"console\":%s,\"at\":%llu,\"len\":%zu}\n",
		   output.since - log_origin, log_who_field, t->quoted,
		   (unsigned long long)t->offset, output.bytes.len);
	t->offset += output.bytes.len;
	buf_drop(&output.bytes, output.bytes.len);
	if (log_fd >= 0)
		log_write(log_fd, line.data, line.len);
	buf_free(&line);
}

static void
output_overdue(void *arg)
{
	(void)arg;
	output_end();
}

static void
output_add(struct transcript *t, const char *bytes, size_t len)
{
	bool is_old = loop_now() - output.since > OUTPUT_SECONDS;

	if (output.of != t || is_old || output.bytes.len + len > OUTPUT_BYTES)
		output_end();
	if (output.of == NULL) {
		output.of = t;
		output.since = loop_now();
		output.timer = timer_start(OUTPUT_SECONDS, output_overdue, NULL);
	}
	buf_add(&output.bytes, bytes, len);
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

void
transcript_write(struct transcript *t, const char *bytes, size_t len)
{
	if (t == NULL || len == 0)
		return;
	output_add(t, bytes, len);
}

void
transcript_flush(void)
{
	output_end();
}

void
transcript_close(struct transcript **t)
{
	if (*t == NULL)
		return;
	if (output.of == *t)
		output_end();
	close((*t)->fd);
	free((*t)->name);
	free((*t)->quoted);
	free(*t);
	*t = NULL;
}
