/* value: any Lua value as JSON, to the byte. */
#include "bind/value.h"

#include <math.h>

#include "bind/bind.h"
#include "core/log.h"
#include "fs/mem.h"

static void put_value(lua_State *L, struct writer *w, int index, int depth);

/* ---- strings ---- */

static bool
is_utf8(const char *s, size_t len)
{
	for (size_t i = 0, n; i < len; i += n) {
		n = log_utf8(s + i, len - i);
		if (n == 0)
			return false;
	}
	return true;
}

static void
put_escape(FILE *f, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";
	const char text[] = { '\\', 'u', '0', '0', digits[c >> 4], digits[c & 0xf] };

	fwrite_unlocked(text, 1, sizeof(text), f);
}

/* In quotes; `is_bytes`: each byte is the code point of its number. */
static void
put_quoted(FILE *f, const char *s, size_t len, bool is_bytes)
{
	size_t done = 0;

	putc_unlocked('"', f);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c >= ' ' && c != '"' && c != '\\' && !(is_bytes && c >= 0x80))
			continue;
		fwrite_unlocked(s + done, 1, i - done, f);
		done = i + 1;
		if (c == '\n')
			fputs("\\n", f);
		else if (c == '\r')
			fputs("\\r", f);
		else if (c == '"' || c == '\\')
			fprintf(f, "\\%c", c);
		else
			put_escape(f, c);
	}
	fwrite_unlocked(s + done, 1, len - done, f);
	putc_unlocked('"', f);
}

static void
put_string(lua_State *L, struct writer *w, int index)
{
	size_t len;
	const char *s = lua_tolstring(L, index, &len);

	if (len > w->limit) {
		fprintf(w->f, "{\"$cut\":[%zu,\"%016llx\"]}", len,
			(unsigned long long)mem_sum(s, len));
	} else if (is_utf8(s, len)) {
		put_quoted(w->f, s, len, false);
	} else {
		fputs("{\"$bytes\":", w->f);
		put_quoted(w->f, s, len, true);
		putc_unlocked('}', w->f);
	}
}

/* ---- tables ---- */

static void
put_list(lua_State *L, struct writer *w, int index, size_t n, int depth)
{
	putc_unlocked('[', w->f);
	for (size_t i = 1; i <= n; i++) {
		if (i > 1)
			putc_unlocked(',', w->f);
		lua_rawgeti(L, index, (int)i);
		put_value(L, w, lua_gettop(L), depth);
		lua_pop(L, 1);
	}
	putc_unlocked(']', w->f);
}

static void
put_object(lua_State *L, struct writer *w, int index, int depth)
{
	bool is_first = true;

	putc_unlocked('{', w->f);
	for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
		size_t len;
		const char *key;

		if (!is_first)
			putc_unlocked(',', w->f);
		is_first = false;
		/* a copy: tostring in place would confuse lua_next */
		lua_pushvalue(L, -2);
		if (bind_unfit_text(L, -1) != NULL)
			lua_pushstring(L, bind_unfit_text(L, -1));
		else
			lua_pushvalue(L, -1);
		lua_remove(L, -2);
		key = lua_tolstring(L, -1, &len);
		put_quoted(w->f, key != NULL ? key : "?", key != NULL ? len : 1,
			   key != NULL && !is_utf8(key, len));
		lua_pop(L, 1);
		putc_unlocked(':', w->f);
		put_value(L, w, lua_gettop(L), depth);
	}
	putc_unlocked('}', w->f);
}

static bool
is_error(lua_State *L, int index)
{
	bool is;

	if (!lua_getmetatable(L, index))
		return false;
	luaL_getmetatable(L, "moonrig.error");
	is = lua_rawequal(L, -1, -2);
	lua_pop(L, 2);
	return is;
}

/* Two fields that hold the table itself would double the text at each level. */
static bool
is_within_itself(lua_State *L, struct writer *w, int index, int depth)
{
	const void *table = lua_topointer(L, index);

	for (int i = 0; i < depth; i++)
		if (w->open[i] == table)
			return true;
	w->open[depth] = table;
	return false;
}

static void
put_table(lua_State *L, struct writer *w, int index, int depth)
{
	if (is_within_itself(L, w, index, depth)) {
		fputs("{\"$type\":\"table within itself\"}", w->f);
	} else if (is_error(L, index)) {
		fputs("{\"$error\":", w->f);
		put_object(L, w, index, depth);
		putc_unlocked('}', w->f);
	} else if (bind_is_array(L, index)) {
		put_list(L, w, index, lua_objlen(L, index), depth);
	} else {
		put_object(L, w, index, depth);
	}
}

/* ---- other values ---- */

static void
put_number(FILE *f, lua_Number n)
{
	/* most are whole, and "%.17g" is slow */
	if (fabs(n) <= WHOLE_MAX && floor(n) == n && n != 0)
		fprintf(f, "%lld", (long long)n);
	else if (isfinite(n))
		fprintf(f, "%.17g", n);
	else
		fprintf(f, "{\"$number\":\"%s\"}", isnan(n) ? "nan" : n > 0 ? "inf" : "-inf");
}

/* A handle by its label; others by their type. */
static void
put_other(lua_State *L, struct writer *w, int index)
{
	const char *label;

	lua_pushvalue(L, index);
	lua_rawget(L, w->labels);
	label = lua_tostring(L, -1);
	fprintf(w->f, label != NULL ? "{\"$handle\":\"%s\"}" : "{\"$type\":\"%s\"}",
		label != NULL ? label : luaL_typename(L, index));
	lua_pop(L, 1);
}

static void
put_value(lua_State *L, struct writer *w, int index, int depth)
{
	if (depth > VALUE_DEPTH_MAX || !lua_checkstack(L, 8)) {
		fputs("{\"$type\":\"nested too deep\"}", w->f);
		return;
	}
	switch (lua_type(L, index)) {
	case LUA_TNIL:
	case LUA_TNONE:
		fputs("null", w->f);
		break;
	case LUA_TBOOLEAN:
		fputs(lua_toboolean(L, index) ? "true" : "false", w->f);
		break;
	case LUA_TNUMBER:
		put_number(w->f, lua_tonumber(L, index));
		break;
	case LUA_TSTRING:
		put_string(L, w, index);
		break;
	case LUA_TTABLE:
		put_table(L, w, index, depth + 1);
		break;
	case LUA_TLIGHTUSERDATA: /* engine.json.null */
		fputs("{\"$null\":true}", w->f);
		break;
	default:
		/* its digits, to be read as any number's */
		if (bind_unfit_text(L, index) != NULL)
			fputs(bind_unfit_text(L, index), w->f);
		else
			put_other(L, w, index);
	}
}

void
value_put(lua_State *L, struct writer *w, int index)
{
	put_value(L, w, index, 0);
}

void
value_put_list(lua_State *L, struct writer *w, int index, size_t n)
{
	put_list(L, w, index, n, 0);
}
