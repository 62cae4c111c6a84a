/* test_line: a line from a person (on a pty) or a file, while tasks run and print above it.
 */
#include "units/lab.h"

#include <fcntl.h>
#include <locale.h>
#include <lualib.h>
#include <pty.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "bind/bind.h"
#include "bind/line.h"
#include "tty/rows.h"

#define COLUMNS 40
#define ROWS    10

static lua_State *L;
static char failure[2048];
static bool ended;
static int terminal = -1; /* our end: what the person types and sees */
static int saved[2];
static struct buf seen;

/* ---- the terminal ---- */

/* stdin (and with `is_pty` stdout) is what we write to. */
static void
begin(bool is_pty)
{
	struct winsize size = { .ws_row = ROWS, .ws_col = COLUMNS };
	int theirs[2];

	fflush(stdout);
	for (int fd = 0; fd < 2; fd++)
		saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (is_pty) {
		assert_int_equal(openpty(&terminal, &theirs[0], NULL, NULL, &size), 0);
		dup2(theirs[0], 1);
	} else {
		assert_int_equal(pipe(theirs), 0);
		terminal = theirs[1];
	}
	dup2(theirs[0], 0);
	close(theirs[0]);
	fcntl(terminal, F_SETFL, O_NONBLOCK);
	clearerr(stdin);
}

static void
end(void)
{
	line_fini();
	fflush(stdout);
	for (int fd = 0; fd < 2; fd++) {
		dup2(saved[fd], fd);
		close(saved[fd]);
	}
	close(terminal);
}

static void
look(void)
{
	char bytes[4096];
	ssize_t n;

	while ((n = read(terminal, bytes, sizeof(bytes))) > 0)
		buf_add(&seen, bytes, (size_t)n);
}

static int
l_type(lua_State *co)
{
	size_t len;
	const char *text = luaL_checklstring(co, 1, &len);

	assert_int_equal(write(terminal, text, len), len);
	return 0;
}

/* What was shown since the last time. */
static int
l_seen(lua_State *co)
{
	look();
	lua_pushlstring(co, seen.data == NULL ? "" : seen.data, seen.len);
	buf_free(&seen);
	return 1;
}

/* As Ctrl-C. */
static int
l_interrupt(lua_State *co)
{
	(void)co;
	line_interrupt();
	return 0;
}

/* ---- Lua ---- */

static const char prelude[] =
	"engine = require 'engine'\n"
	"function same(a, b)\n"
	"  if a ~= b then error(('%q is not %q'):format(tostring(a), tostring(b)), 2) end\n"
	"end\n"
	"function has(text, part)\n"
	"  if not text:find(part, 1, true) then error(('%q has no %q'):format(text, part), 2) end\n"
	"end\n"
	/* until something was shown that has this in it */
	"function shows(part)\n"
	"  local text, until_ = '', engine.now() + 30\n"
	"  repeat\n"
	"    engine.elapse(0.001)\n"
	"    text = text .. seen()\n"
	"    if engine.now() > until_ then error(('%q was not shown: %q'):format(part, text), 2) end\n"
	"  until text:find(part, 1, true)\n"
	"  return text\n"
	"end\n"
	/* a task that reads a line; its value is what join returns */
	"function reader(...)\n"
	"  local prompt, complete = ...\n"
	"  local r = {}\n"
	"  local task = engine.task(function() r.line, r.err = engine.readline(prompt, complete) end)\n"
	"  function r.wait() assert(task:join(30)) return r.line, r.err end\n"
	"  return r\n"
	"end\n";

static void
on_end(void *arg, lua_State *co, bool ok, int nresults)
{
	(void)arg;
	(void)nresults;
	/* as in main.c, for a line that some other task still reads */
	ended = true;
	line_interrupt();
	failure[0] = '\0';
	if (ok)
		return;
	if (luaL_callmeta(co, -1, "__tostring"))
		lua_replace(co, -2);
	snprintf(failure, sizeof(failure), "%s", lua_tostring(co, -1));
}

static int
boot(void **state)
{
	(void)state;
	/* libedit is freed, too */
	setenv("MOONRIG_LEAK_CHECK", "1", 1);
	setenv("TERM", "xterm", 1);
	setenv("HOME", "/nowhere", 1);
	L = luaL_newstate();
	luaL_openlibs(L);
	lua_getglobal(L, "package");
	lua_getfield(L, -1, "preload");
	lua_pushcfunction(L, luaopen_engine);
	lua_setfield(L, -2, "engine");
	lua_pop(L, 2);
	lua_register(L, "type_", l_type);
	lua_register(L, "seen", l_seen);
	lua_register(L, "interrupt", l_interrupt);
	return luaL_dostring(L, prelude) == 0 ? 0 : -1;
}

static int
shut(void **state)
{
	(void)state;
	task_cancel_all();
	while (task_has_ready())
		task_run_ready(L);
	lua_close(L);
	buf_free(&seen);
	return 0;
}

/* Run it as the main task, as main.c does. The terminal is restored before a failure is printed. */
static void
lua(bool is_pty, const char *code)
{
	if (luaL_loadstring(L, code) != 0)
		fail_msg("%s", lua_tostring(L, -1));
	begin(is_pty);
	ended = false;
	task_start(L, 0, on_end, NULL);
	for (task_run_ready(L); !ended; task_run_ready(L)) {
		if (line_is_wanted())
			line_pump(L);
		else
			loop_turn(task_has_ready());
	}
	end();
	if (failure[0] != '\0')
		fail_msg("%s", failure);
}

/* ---- tests ---- */

static void
lines_of_a_file_come_one_by_one(void **state)
{
	(void)state;
	lua(false, "local r = reader '> '\n"
		   "type_ 'one\\ntwo\\nthree'\n"
		   "same(r.wait(), 'one')\n"
		   "same(engine.readline '> ', 'two')\n"
		   "local ok, why = pcall(engine.readline, '> ', 'no function')\n"
		   "same(ok, false) has(why, 'function expected')\n"
		   "r = reader '> '\n"
		   "engine.elapse(0)\n"
		   "ok, why = pcall(engine.readline, '> ')\n"
		   "same(ok, false) has(why, 'another task reads a line already')\n"
		   "type_ '\\n'\n"
		   "same(r.wait(), 'three')");
}

static void
a_read_follows_a_cancelled_one(void **state)
{
	(void)state;
	for (int is_pty = 0; is_pty < 2; is_pty++)
		lua(is_pty,
		    "local first = engine.task(function() return engine.readline '> ' end)\n"
		    "engine.elapse(0)\n"
		    "first:cancel()\n"
		    "local second = engine.task(function() return engine.readline '> ' end)\n"
		    "engine.elapse(0)\n"
		    "type_ 'mine\\n'\n"
		    "same(second:join(30)[2], 'mine')\n"
		    "same(first:join(30)[2], nil)");
}

/* The task that reads is cancelled by another: what is typed then is not for it. */
static void
a_cancelled_task_takes_no_line(void **state)
{
	(void)state;
	lua(true, "local task = engine.task(function() engine.readline 'first> ' end)\n"
		  "shows 'first> '\n"
		  "type_ 'half'\n"
		  "shows 'half'\n"
		  "task:cancel()\n"
		  "task:join(30)\n"
		  "local r = reader 'second> '\n"
		  "shows 'second> '\n"
		  "type_ 'whole\\n'\n"
		  "same(r.wait(), 'whole')");
}

static void
several_bytes_are_one_character(void **state)
{
	(void)state;
	lua(true,
	    "local r = reader '> '\n"
	    "shows '> '\n"
	    /* in pieces; then one of them is taken back, and the cursor goes over another */
	    "type_ '\\195' engine.elapse(0) type_ '\\169x\\226\\130' engine.elapse(0) type_ '\\172'\n"
	    "shows '\\226\\130\\172'\n"
	    "type_ '\\127\\27[D\\27[D\\230\\188\\162\\n'\n"
	    "same(r.wait(), '\\230\\188\\162\\195\\169x')\n"
	    /* what is no character at all */
	    "r = reader '> '\n"
	    "shows '> '\n"
	    "type_ 'a\\255b\\n'\n"
	    "same(r.wait(), 'a\\239\\191\\189b')\n"
	    "same(('%.1f'):format(tonumber '1.5'), '1.5')");
	assert_string_equal(setlocale(LC_NUMERIC, NULL), "C");
}

static void
output_stands_above_the_line(void **state)
{
	(void)state;
	lua(true,
	    "local r = reader '> '\n"
	    "shows '> '\n"
	    /* three rows, the cursor on the second */
	    "local long = ('0123456789'):rep(9)\n"
	    "type_(long) shows(long:sub(-3))\n"
	    "type_(('\\27[D'):rep(40) .. 'X') shows 'X' engine.elapse(0) seen()\n"
	    "long = long:sub(1, 50) .. 'X' .. long:sub(51)\n"
	    "for i = 1, 3 do engine.print_above('above ' .. i) end\n"
	    "engine.print_above 'and\\nmore\\n'\n"
	    "local text = shows(long:sub(-10))\n"
	    /* all in one batch: the line is taken away once */
	    "has(text, '\\27[1A\\r\\27[K\\27[B\\27[K\\27[B\\27[J\\27[2Aabove 1\\r\\nabove 2\\r\\nabove 3\\r\\nand\\r\\nmore\\r\\n> 01')\n"
	    "type_ '\\n'\n"
	    "same(r.wait(), long)\n"
	    "engine.print_above 'plain'\n"
	    "has(seen(), 'plain\\r\\n')");
}

static void
a_prompt_may_have_colours(void **state)
{
	(void)state;
	lua(true, "local r = reader '\\1\\27[32m\\1prompt>\\1\\27[0m\\1 '\n"
		  "shows '\\27[32m'\n"
		  /* 8 + 31 columns: not wrapped, though the prompt has more bytes */
		  "local line = ('x'):rep(31)\n"
		  "type_(line) shows 'xxx' engine.elapse(0) seen()\n"
		  "engine.print_above 'above'\n"
		  "local text = shows 'above'\n"
		  "has(text, '\\r\\27[Kabove')\n"
		  "type_ '\\n'\n"
		  "same(r.wait(), line)");
}

static void
tab_completes(void **state)
{
	(void)state;
	lua(true, "local asked, words = {}, { sto = 'stop', s = 'st', g = 'gr' }\n"
		  "local function complete(line, cursor, again)\n"
		  "  asked[#asked + 1] = line .. '|' .. cursor .. '|' .. tostring(again)\n"
		  "  engine.elapse(0.001)\n"
		  "  local at = line:sub(1, cursor):find '[%w\\128-\\255]*$'\n"
		  "  local word = line:sub(at, cursor)\n"
		  "  return { from = at, text = words[word] or word, is_open = word ~= 'sto',\n"
		  "    list = again and 'start   stop    staple\\n' or nil }\n"
		  "end\n"
		  "local r = reader('> ', complete)\n"
		  "shows '> '\n"
		  /* one: all of it; the rest of the line stays */
		  "type_ 'x=() \\27[D\\27[Dsto\\t' shows 'p'\n"
		  "type_ '\\n'\n"
		  "same(r.wait(), 'x=(stop) ') same(asked[1], 'x=(sto) |6|false')\n"
		  /* several: what they share and a beep, then the list */
		  "r = reader('> ', complete)\n"
		  "shows '> '\n"
		  "type_ 's\\t' shows '\\7'\n"
		  "type_ '\\t' shows 'start   stop    staple\\r\\n'\n"
		  "type_ 'o\\t' shows 'p' type_ '\\n'\n"
		  "same(r.wait(), 'stop')\n"
		  /* the list is below all rows of the line */
		  "r = reader('> ', complete)\n"
		  "shows '> '\n"
		  "type_(('0'):rep(60) .. ' sta\\t') shows '\\7'\n"
		  "type_ '\\t' has(shows '0 sta', 'staple\\r\\n> 0000') type_ '\\n'\n"
		  "same(r.wait(), ('0'):rep(60) .. ' sta')\n"
		  /* a word of several bytes; and a key between two Tabs */
		  "words['gr\\195\\182'] = '\\195\\188x'\n"
		  "r = reader('> ', complete)\n"
		  "shows '> '\n"
		  "type_ 'a gr\\195\\182\\t' shows '\\7'\n"
		  "type_ '\\127\\t' shows '\\7'\n"
		  "same(asked[#asked], 'a \\195\\188|4|false')\n"
		  "type_ '\\n'\n"
		  "same(r.wait(), 'a \\195\\188')");
}

static void
a_completion_that_fails_is_reported(void **state)
{
	(void)state;
	lua(true,
	    "local r = reader('> ', function() error({}, 0) end)\n"
	    "shows '> '\n"
	    "type_ 'a\\t' shows 'completion: table'\n"
	    "type_ '\\n' same(r.wait(), 'a')\n"
	    "for _, answer in ipairs { {}, { from = 0, text = '' }, { from = 9, text = 'x' },\n"
	    "    { from = 1, text = {} }, { from = 1 }, 7, false } do\n"
	    "  r = reader('> ', function() return answer end)\n"
	    "  shows '> '\n"
	    "  type_ 'a\\t' shows '\\7'\n"
	    "  type_ '\\n' same(r.wait(), 'a')\n"
	    "end\n"
	    "r = reader('> ', function() error('not found', 0) end)\n"
	    "shows '> '\n"
	    "type_ 'a\\t' shows 'completion: not found\\r\\n'\n"
	    "type_ '\\n' same(r.wait(), 'a')");
}

static void
a_completion_without_end_is_cancelled(void **state)
{
	(void)state;
	lua(true,
	    "local ended\n"
	    "local r = reader('> ', function() ended = select(2, pcall(engine.elapse, 1000)) or 'called off' end)\n"
	    "shows '> '\n"
	    "type_ 'a\\t' shows '\\7'\n"
	    "type_ 'b\\n' same(r.wait(), 'ab')\n"
	    "assert(ended, 'it goes on')");
}

static void
the_history_has_no_doubles(void **state)
{
	(void)state;
	lua(true, "same(select('#', engine.terminal_size()), 2)\n"
		  "same(engine.terminal_size(), 40)\n"
		  "engine.history({ 'one', 'two', 'for a in b do\\n  c()\\nend' }, true)\n"
		  "engine.history { 'four' } engine.history { 'two' }\n"
		  "local function up(n)\n"
		  "  local r = reader '> '\n"
		  "  shows '> '\n"
		  "  type_(('\\27[A'):rep(n) .. '\\n')\n"
		  "  return (r.wait())\n"
		  "end\n"
		  "same(up(1), 'two') same(up(2), 'four')\n"
		  "same(up(3), 'for a in b do\\n  c()\\nend') same(up(4), 'one')");
}

static void
the_terminal_is_restored(void **state)
{
	struct termios before, now;

	(void)state;
	begin(true);
	assert_int_equal(tcgetattr(0, &before), 0);
	end();
	lua(true, "local r = reader '> '\n"
		  "shows '> '\n"
		  "interrupt()\n"
		  "same(r.wait(), nil)");
	begin(true);
	assert_int_equal(tcgetattr(0, &now), 0);
	end();
	assert_int_equal(now.c_lflag, before.c_lflag);
}

static void
rows_are_counted_as_they_are_shown(void **state)
{
	static const struct {
		const wchar_t *text;
		size_t row, column;
	} cases[] = {
		{ L"", 0, 0 },
		{ L"123456789", 0, 9 },
		{ L"1234567890", 1, 0 }, /* the cursor goes to the next row at once */
		{ L"\x6f22\x6f22\x6f22\x6f22\x6f22", 1, 0 },
		{ L"1\x6f22\x6f22\x6f22\x6f22\x6f22", 1, 2 }, /* does not fit in the last column */
		{ L"a\tb", 0, 9 },
		{ L"\3", 0, 2 }, /* ^C */
		{ L"a\nb", 1, 1 },
		{ L"\1\33[32m\1ab\1\33[0m\1c", 0, 3 },
		{ L"e\x301", 0, 1 },
		{ L"\x85", 0, 2 },
		{ L"\xe000", 0, 1 },
	};

	(void)state;
	setlocale(LC_CTYPE, "C.UTF-8");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rows r = { .columns = 10 };

		rows_add(&r, cases[i].text, wcslen(cases[i].text));
		assert_int_equal(r.row, cases[i].row);
		assert_int_equal(r.column, cases[i].column);
	}
}

#define LINE_TEST(f) cmocka_unit_test_setup_teardown(f, boot, shut)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LINE_TEST(lines_of_a_file_come_one_by_one),
		LINE_TEST(a_read_follows_a_cancelled_one),
		LINE_TEST(a_cancelled_task_takes_no_line),
		LINE_TEST(several_bytes_are_one_character),
		LINE_TEST(output_stands_above_the_line),
		LINE_TEST(a_prompt_may_have_colours),
		LINE_TEST(tab_completes),
		LINE_TEST(a_completion_that_fails_is_reported),
		LINE_TEST(a_completion_without_end_is_cancelled),
		LINE_TEST(the_history_has_no_doubles),
		LINE_TEST(the_terminal_is_restored),
		cmocka_unit_test(rows_are_counted_as_they_are_shown),
	};

	return LAB_RUN("line", tests, NULL, NULL);
}
