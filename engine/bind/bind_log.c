/* bind_log: the run's log: the timeline and the transcripts. */
#include <dirent.h>
#include <string.h>

#include "bind/bind.h"
#include "core/log.h"
#include "fs/search.h"

/* open_log(dir, timeline, origin, case, folder) */
static int
l_open_log(lua_State *L)
{
	const char *timeline = luaL_checkstring(L, 2);
	int rc = log_open(luaL_checkstring(L, 1), timeline, luaL_checknumber(L, 3),
			  luaL_optstring(L, 4, NULL), luaL_optstring(L, 5, NULL));

	return rc < 0 ? bind_fail_path(L, rc, "open_log", timeline) : bind_bool(L, true);
}

/* log(event, fields) */
static int
l_log(lua_State *L)
{
	const char *event = luaL_checkstring(L, 1);

	log_event(event, bind_opt_json(L, 2, "log"));
	return 0;
}

/* Lines of a report behind its first one. */
#define REPORT_LINES 80

static int
is_transcript(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return end != NULL && strcmp(end, ".log") == 0;
}

/* Adds what the transcript has to the array on top. */
static void
add_report(lua_State *L, const char *folder, const char *file, const struct argv *texts)
{
	char *path = xsprintf("%s/%s", folder, file), *lines;
	size_t which = 0, more = 0;

	lines = search_first(path, texts->v, texts->n, REPORT_LINES, &which, &more);
	free(path);
	if (lines == NULL)
		return;
	lua_createtable(L, 0, 4);
	lua_pushlstring(L, file, strlen(file) - strlen(".log"));
	lua_setfield(L, -2, "name");
	bind_set_text(L, "lines", lines);
	bind_set_number(L, "which", (double)which + 1);
	bind_set_number(L, "more", (double)more);
	lua_rawseti(L, -2, (int)lua_objlen(L, -2) + 1);
	free(lines);
}

/* reports(texts) → of each console of the case, the first line with one of the texts, in all of its
 * output: an array of { name, which (of the texts), lines (that one and up to 80 behind it), more
 * (how many later lines have one) }; nil without any */
static int
l_reports(lua_State *L)
{
	const struct argv *texts = bind_list(L, 1, "texts");
	const char *folder = transcript_folder();
	struct dirent **files = NULL;
	int n = folder != NULL ? scandir(folder, &files, is_transcript, alphasort) : 0;

	lua_newtable(L);
	for (int i = 0; i < n; i++) {
		add_report(L, folder, files[i]->d_name, texts);
		free(files[i]);
	}
	free(files);
	return lua_objlen(L, -1) > 0 ? 1 : 0;
}

static const struct bind_row functions[] = {
	{ "open_log", l_open_log, BIND_IDLE },
	{ "log", l_log, BIND_IDLE },
	{ "reports", l_reports, BIND_RARE },
	{ NULL, NULL, 0 },
};

const struct bind_file bind_log = { .functions = functions };
