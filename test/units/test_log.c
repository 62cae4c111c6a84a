/* test_log: a timeline that stays readable whatever is written into it. */
#include "units/lab.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "units/drive.h"

#define BIG 40000

static const char *timeline;

static void
open_log(const char *name)
{
	const char *dir = lab_path("");

	timeline = lab_path("timeline.jsonl");
	assert_int_equal(log_open(dir, timeline, loop_now(), name, NULL), 0);
}

/* The timeline's lines as a JSON array; every one must be valid. */
static json_t *
lines(void)
{
	char *text = lab_read(timeline), *line, *save = NULL;
	json_t *all = json_array();

	log_close();
	assert_non_null(text);
	assert_true(text[0] == '\0' || text[strlen(text) - 1] == '\n');
	for (line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		json_t *v = json_loads(line, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

		if (!json_is_object(v) || !json_is_number(json_object_get(v, "t")) ||
		    !json_is_string(json_object_get(v, "ev")))
			fail_msg("no event: %s", line);
		json_array_append_new(all, v);
	}
	free(text);
	return all;
}

static const char *
field(json_t *all, size_t i, const char *name)
{
	const char *s = json_string_value(json_object_get(json_array_get(all, i), name));

	return s != NULL ? s : "";
}

static void
events_are_lines(void **state)
{
	json_t *all;

	(void)state;
	open_log("plan/case");
	log_event("one", NULL);
	log_event("two", json_pack("{s:s}", "text", "a\nb\"c\\"));
	all = lines();
	assert_int_equal(json_array_size(all), 2);
	assert_string_equal(field(all, 0, "ev"), "one");
	assert_string_equal(field(all, 0, "case"), "plan/case");
	assert_string_equal(field(all, 1, "text"), "a\nb\"c\\");
	json_decref(all);
}

static void
hostile_bytes_become_text(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *text;
	} cases[] = {
#define CASE(b, t) { b, sizeof(b) - 1, t }
		CASE("", ""),
		CASE("plain", "plain"),
		CASE("\001\033[31m\177", "\001\033[31m\177"),
		CASE("h\303\251 \342\202\254 \360\237\230\200",
		     "h\303\251 \342\202\254 \360\237\230\200"),
		CASE("\377", "\357\277\275"),
		CASE("a\200b", "a\357\277\275b"),
		CASE("cut \303", "cut \357\277\275"),
		CASE("cut \360\237\230", "cut \357\277\275\357\277\275\357\277\275"),
		CASE("\300\200", "\357\277\275\357\277\275"), /* NUL, too long */
		CASE("\340\200\200", "\357\277\275\357\277\275\357\277\275"),
		CASE("\355\240\200", "\357\277\275\357\277\275\357\277\275"), /* a surrogate */
		CASE("\364\220\200\200", "\357\277\275\357\277\275\357\277\275\357\277\275"),
		CASE("\303(", "\357\277\275("),
#undef CASE
	};
	json_t *all;

	(void)state;
	open_log(NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		log_event("bytes",
			  json_pack("{s:o}", "text", log_text(cases[i].bytes, cases[i].len)));
	all = lines();
	assert_int_equal(json_array_size(all), sizeof(cases) / sizeof(cases[0]));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(field(all, i, "text"), cases[i].text);
	json_decref(all);
}

static void
every_byte_and_pair_is_valid(void **state)
{
	char bytes[3] = { 0 };
	json_t *all;

	(void)state;
	open_log(NULL);
	for (int a = 0; a < 256; a++)
		for (int b = 0; b < 256; b += 3) {
			bytes[0] = (char)a;
			bytes[1] = (char)b;
			log_event("pair", json_pack("{s:o}", "text", log_text(bytes, 2)));
		}
	all = lines();
	assert_int_equal(json_array_size(all), 256 * 86);
	for (size_t i = 0; i < json_array_size(all); i++)
		assert_true(json_is_string(json_object_get(json_array_get(all, i), "text")));
	json_decref(all);
}

static void
hostile_names_become_text(void **state)
{
	json_t *all;

	(void)state;
	open_log("case \377");
	log_event("event \300", NULL);
	all = lines();
	assert_int_equal(json_array_size(all), 1);
	assert_string_equal(field(all, 0, "ev"), "event \357\277\275");
	assert_string_equal(field(all, 0, "case"), "case \357\277\275");
	json_decref(all);
}

static void
is_output(json_t *all, size_t i, size_t at, size_t len)
{
	assert_string_equal(field(all, i, "ev"), "output");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(all, i), "at")), at);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(all, i), "len")), len);
}

static void
transcripts_have_unique_names(void **state)
{
	struct transcript *t[3], *other, *fourth;
	json_t *all;
	char *text;

	(void)state;
	open_log(NULL);
	for (int i = 0; i < 3; i++) {
		t[i] = transcript_open("testpmd");
		assert_non_null(t[i]);
	}
	assert_string_equal(transcript_name(t[0]), "testpmd");
	assert_string_equal(transcript_name(t[1]), "testpmd-2");
	assert_string_equal(transcript_name(t[2]), "testpmd-3");
	other = transcript_open("qemu");
	fourth = transcript_open("testpmd");
	assert_string_equal(transcript_name(other), "qemu");
	assert_string_equal(transcript_name(fourth), "testpmd-4");
	transcript_close(&other);
	transcript_close(&fourth);
	transcript_write(t[1], "raw \033[0m\377\r\n", 11);
	transcript_write(t[1], "more", 4);
	transcript_write(t[1], "", 0);
	for (int i = 0; i < 3; i++) {
		transcript_close(&t[i]);
		assert_null(t[i]);
		transcript_close(&t[i]);
	}
	text = lab_read(lab_path("testpmd-2.log"));
	assert_string_equal(text, "raw \033[0m\377\r\nmore");
	free(text);
	text = lab_read(lab_path("testpmd.log"));
	assert_string_equal(text, "");
	free(text);
	/* the timeline has the place of each piece in the transcript */
	all = lines();
	assert_int_equal(json_array_size(all), 1);
	assert_string_equal(field(all, 0, "console"), "testpmd-2");
	is_output(all, 0, 0, 15);
	json_decref(all);
}

static bool
is_whole(void *arg)
{
	struct stat st;

	(void)arg;
	return stat(lab_path("t.log"), &st) == 0 && st.st_size == 8 + 2 * BIG;
}

/* Pieces in a row are one event, written when something else happens, when they are many, or after
 * 20 ms: a reader at the file need not wait for more to come. */
static void
adjacent_output_is_one_event(void **state)
{
	struct transcript *t, *other;
	static char big[BIG];
	char *text;
	json_t *all;

	(void)state;
	memset(big, 'x', sizeof(big));
	open_log(NULL);
	t = transcript_open("t");
	other = transcript_open("other");
	transcript_write(t, "ab", 2);
	transcript_write(t, "c", 1);
	transcript_flush();
	transcript_flush();
	log_event("command", NULL);
	transcript_write(t, "d", 1);
	transcript_write(other, "e", 1);
	transcript_write(t, big, sizeof(big));
	transcript_write(t, big, sizeof(big));
	transcript_write(t, "last", 4);
	drive_until(is_whole, NULL);
	all = lines();
	assert_int_equal(json_array_size(all), 6);
	is_output(all, 0, 0, 3);
	assert_string_equal(field(all, 1, "ev"), "command");
	is_output(all, 2, 3, 1);
	assert_string_equal(field(all, 3, "console"), "other");
	is_output(all, 4, 4, sizeof(big));
	is_output(all, 5, 4 + sizeof(big), sizeof(big) + 4);
	json_decref(all);
	text = lab_read(lab_path("t.log"));
	assert_int_equal(strlen(text), 8 + 2 * sizeof(big));
	assert_memory_equal(text, "abcdxx", 6);
	free(text);
	transcript_close(&t);
	transcript_close(&other);
}

static void
no_name_leaves_the_folder(void **state)
{
	struct transcript *t;

	(void)state;
	assert_int_equal(mkdir(lab_path("run"), 0700), 0);
	assert_int_equal(log_open(lab_path("run"), lab_path("run/timeline.jsonl"), 0, NULL, NULL),
			 0);
	t = transcript_open("../escaped");
	assert_non_null(t);
	transcript_close(&t);
	t = transcript_open("a/b");
	assert_non_null(t);
	transcript_close(&t);
	log_close();
	assert_false(lab_exists(lab_path("escaped.log")));
	assert_true(lab_exists(lab_path("run/a_b.log")));
}

static void
without_an_open_log_nothing_is_written(void **state)
{
	struct transcript *t;

	(void)state;
	log_event("lost", json_pack("{s:s}", "a", "b"));
	t = transcript_open("lost");
	assert_null(t);
	assert_null(transcript_name(t));
	transcript_write(t, "x", 1);
	transcript_close(&t);
	log_close();
	assert_int_equal(log_open("/", lab_path("no/such/folder"), 0, NULL, NULL), -ENOENT);
}

/* A case that is tried again has its name twice, and two folders. */
static void
events_have_their_folder(void **state)
{
	struct transcript *t;
	json_t *all;

	(void)state;
	timeline = lab_path("timeline.jsonl");
	assert_int_equal(log_open(lab_path(""), timeline, loop_now(), "p/c", "p.c-2"), 0);
	log_event("phase", NULL);
	t = transcript_open("pmd");
	transcript_write(t, "x", 1);
	transcript_close(&t);
	all = lines();
	assert_int_equal(json_array_size(all), 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(field(all, i, "case"), "p/c");
		assert_string_equal(field(all, i, "folder"), "p.c-2");
	}
	json_decref(all);
}

/* Several processes append to one timeline: lines stay whole. */
static void
several_processes_write_one_timeline(void **state)
{
	char *filler = xcalloc(1, 3000);
	pid_t pids[4];
	json_t *all;

	(void)state;
	memset(filler, 'x', 2999);
	open_log(NULL);
	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			for (int n = 0; n < 200; n++)
				log_event("child",
					  json_pack("{s:i, s:s}", "writer", i, "text", filler));
			free(filler);
			_exit(0);
		}
	}
	for (int i = 0; i < 4; i++)
		assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
	all = lines();
	assert_int_equal(json_array_size(all), 800);
	json_decref(all);
	free(filler);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_lines),
		cmocka_unit_test(hostile_bytes_become_text),
		cmocka_unit_test(every_byte_and_pair_is_valid),
		cmocka_unit_test(hostile_names_become_text),
		cmocka_unit_test(transcripts_have_unique_names),
		cmocka_unit_test(adjacent_output_is_one_event),
		cmocka_unit_test(no_name_leaves_the_folder),
		cmocka_unit_test(without_an_open_log_nothing_is_written),
		cmocka_unit_test(events_have_their_folder),
		cmocka_unit_test(several_processes_write_one_timeline),
	};

	return LAB_RUN("log", tests, NULL, NULL);
}
