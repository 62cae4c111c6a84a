/* log: the files of a run: one timeline for all cases, one raw transcript a console. */
#ifndef LOG_H
#define LOG_H

#include <jansson.h>
#include <stddef.h>

struct transcript;

/* Write transcripts into `dir`, and append events to the file `timeline`. Times are seconds since
 * `origin` (CLOCK_MONOTONIC). Each event has the case's `name` and the `folder` of this attempt;
 * both may be NULL. -errno. */
int log_open(const char *dir, const char *timeline, double origin, const char *name,
	     const char *folder);
void log_close(void);

/* One event; takes over `fields` (an object, or NULL). */
void log_event(const char *event, json_t *fields);

/* A JSON string of any bytes: each that is not UTF-8 becomes U+FFFD. */
json_t *log_text(const char *bytes, size_t len);

/* The length of the UTF-8 sequence at p, 0 where it is none (RFC 3629). */
size_t log_utf8(const char *p, size_t left);

/* A transcript, NAME.log; a second of the same name becomes NAME-2.log. NULL
 * where nothing is recorded; the others take NULL. */
struct transcript *transcript_open(const char *name);
const char *transcript_name(const struct transcript *t);
/* The file of a transcript of this name, all its output in it; free() it. NULL where nothing is
 * recorded. */
char *transcript_path(const char *name);
/* The folder of the transcripts, likewise. */
const char *transcript_folder(void);
/* Bytes within 20 ms of the first, with no other event between, are written together, with one
 * event that has their place, {at, len}. */
void transcript_write(struct transcript *t, const char *bytes, size_t len);
/* Write pending bytes now: before code runs that may never return. */
void transcript_flush(void);
void transcript_close(struct transcript **t);

#endif
