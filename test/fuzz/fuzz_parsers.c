/* fuzz_parsers: the parsers of lib/ for the output of programs, in a Lua state: see parsers.lua.
 * Coverage for libFuzzer is by lines of Lua. Some texts are repeated to a great length, because
 * libFuzzer does not see the work of string patterns. */
#include "fuzz/fuzz.h"

#include <ctype.h>
#include <lauxlib.h>
#include <luajit.h>
#include <lualib.h>
#include <stdio.h>

/* Seconds where a pattern is quadratic, far less where it is linear. */
#define BLOWN_UP   (128u << 10)
#define LINES_MAX  (16u << 10)
#define ONCE_IN    16
#define N_COUNTERS 16384

/* libFuzzer looks for new bits in here, too. */
__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t counters[N_COUNTERS];

static lua_State *L;

static void
on_line(lua_State *at, lua_Debug *ar)
{
	size_t h;

	lua_getinfo(at, "S", ar);
	/* the end of its name identifies a file of lib/ */
	h = strlen(ar->short_src);
	h = (size_t)ar->currentline * 31 + (unsigned char)ar->short_src[h > 9 ? h - 9 : 0] * 521 +
	    h;
	if (counters[h % N_COUNTERS] < 255)
		counters[h % N_COUNTERS]++;
}

static void
call(struct span text)
{
	lua_pushvalue(L, 1);
	lua_pushlstring(L, text.p, text.len);
	if (lua_pcall(L, 1, 0, 0) == 0)
		return;
	fprintf(stderr, "%s\n", lua_tostring(L, -1));
	fuzz_broken("the parsers' promises", __FILE__, __LINE__);
}

/* Run from the top of the tree. */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	L = luaL_newstate();
	luaL_openlibs(L);
	/* hooks are not called in compiled code */
	luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
	MUST(luaL_dostring(L, "package.path = 'lib/?.lua'") == 0);
	if (luaL_dofile(L, "test/fuzz/parsers.lua") != 0) {
		fprintf(stderr, "%s\n", lua_tostring(L, -1));
		exit(3);
	}
	MUST(lua_gettop(L) == 1 && lua_isfunction(L, 1));
	return 0;
}

static uint32_t
hash(struct span text)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < text.len; i++)
		h = (h ^ (unsigned char)text.p[i]) * 16777619u;
	return h;
}

static int
class_of(char c)
{
	return isdigit((unsigned char)c) ? '1' : isalpha((unsigned char)c) ? 'x' : c;
}

/* Behind `at`, where one kind of character ends and another begins: there patterns have their
 * joints. */
static size_t
next_joint(struct span text, size_t at)
{
	size_t p = at;

	while (p + 1 < text.len && class_of(text.p[p]) == class_of(text.p[p + 1]))
		p++;
	return p + 1 < text.len ? p + 1 : at;
}

/* At a joint of the text a character, or some, again and again, and something odd behind it,
 * perhaps: what is worse than linear in them takes longer than libFuzzer's -timeout. Lines are work
 * in themselves: fewer of them. */
static void
blow_up(struct span text, uint32_t h)
{
	static const char *const odd[] = { "", "!", "!\n" };
	struct span rest = text, before = span_take(&rest, next_joint(text, (h >> 8) % text.len));
	struct span units[] = { { " ", 1 }, { "1", 1 }, { "x", 1 }, { rest.p, 1 }, { rest.p, 9 } };
	struct span unit = units[(h >> 3) % 5];
	struct buf b = { 0 };
	size_t max;

	unit.len = unit.len <= rest.len || unit.p != rest.p ? unit.len : rest.len;
	max = memchr(unit.p, '\n', unit.len) != NULL ? LINES_MAX : BLOWN_UP;
	buf_add(&b, before.p, before.len);
	while (b.len < max)
		buf_add(&b, unit.p, unit.len);
	buf_add(&b, odd[h % 3], strlen(odd[h % 3]));
	buf_add(&b, rest.p, rest.len);
	call((struct span){ b.data, b.len });
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct span text = { (const char *)bytes, len };
	uint32_t h = hash(text);

	lua_sethook(L, on_line, LUA_MASKLINE, 0);
	call(text);
	lua_sethook(L, NULL, 0, 0);
	if (len > 0 && h % ONCE_IN == 0)
		blow_up(text, h);
	return 0;
}
