/* fuzz_json: JSON between Lua and the world, hostile text and hostile values: see json.lua. */
#include "fuzz/fuzz.h"

#include <jansson.h>
#include <lualib.h>
#include <stdio.h>

#include "bind/bind.h"
#include "core/log.h"

static lua_State *L;

/* Run from the top of the tree. */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	L = luaL_newstate();
	luaL_openlibs(L);
	if (luaL_dofile(L, "test/fuzz/json.lua") != 0) {
		fprintf(stderr, "%s\n", lua_tostring(L, -1));
		exit(3);
	}
	lua_newtable(L);
	bind_rows(L, bind_json.in, bind_json.functions, BIND_FUNCTIONS);
	bind_json.more(L);
	MUST(lua_gettop(L) == 2 && lua_isfunction(L, 1) && lua_istable(L, 2));
	return 0;
}

static void
call(struct span text)
{
	lua_pushvalue(L, 1);
	lua_pushlstring(L, text.p, text.len);
	lua_pushvalue(L, 2);
	if (lua_pcall(L, 2, 0, 0) == 0)
		return;
	fprintf(stderr, "%s\n", lua_tostring(L, -1));
	fuzz_broken("JSON's promises", __FILE__, __LINE__);
}

/* Any bytes are a string of JSON; those that were text before are the same. */
static void
check_text(struct span text)
{
	json_t *s = log_text(text.p, text.len), *again, *as_it_is;

	MUST(s != NULL);
	again = log_text(json_string_value(s), json_string_length(s));
	MUST(json_equal(s, again));
	as_it_is = json_stringn(text.p, text.len);
	MUST(as_it_is == NULL || json_equal(s, as_it_is));
	json_decref(s);
	json_decref(again);
	json_decref(as_it_is);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct span text = { (const char *)bytes, len };
	uint64_t before = fuzz_work();

	check_text(text);
	call(text);
	fuzz_linear(before, len, 512, 100000);
	return 0;
}
