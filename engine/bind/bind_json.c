/* bind_json: Lua values and JSON text, by jansson. */
#include <errno.h>
#include <jansson.h>
#include <math.h>

#include "bind/bind.h"
#include "core/error.h"
#include "core/json.h"
#include "core/log.h"

#define DEPTH_MAX 64

/* The table on top is an array even where it is empty. */
static void
mark_array(lua_State *L)
{
	if (luaL_newmetatable(L, "moonrig.json_array")) {
		lua_pushboolean(L, 1);
		lua_setfield(L, -2, "__json_array");
	}
	lua_setmetatable(L, -2);
}

static void push_json(lua_State *L, const json_t *value, const char *field);

/* A field of the table on top. */
static void
push_field(lua_State *L, const char *key, const json_t *value)
{
	if (json_unfit(value) != NULL) {
		bind_set_unfit(L, key, json_unfit(value));
		return;
	}
	push_json(L, value, key);
	lua_setfield(L, -2, key);
}

/* An element of the array on top, which is in this field. */
static void
push_element(lua_State *L, const char *field, int i, const json_t *value)
{
	const char *place = field;

	/* below it, for the time being */
	if (json_unfit(value) != NULL)
		place = lua_pushfstring(L, "%s[%d]", field, i);
	push_json(L, value, place);
	if (place != field)
		lua_remove(L, -2);
	lua_rawseti(L, -2, i);
}

/* `field`: where it is, for a number that does not fit. */
static void
push_json(lua_State *L, const json_t *value, const char *field)
{
	const char *key, *text;
	json_t *v;
	size_t i, len;

	luaL_checkstack(L, 8, "JSON nested too deep");
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		lua_newtable(L);
		json_object_foreach((json_t *)value, key, v) {
			push_field(L, key, v);
		}
		break;
	case JSON_ARRAY:
		lua_newtable(L);
		mark_array(L);
		json_array_foreach(value, i, v) {
			push_element(L, field, (int)i + 1, v);
		}
		break;
	case JSON_STRING:
		if (json_unfit(value) != NULL) {
			bind_push_unfit(L, field, json_unfit(value));
			break;
		}
		text = json_bytes(value, &len);
		lua_pushlstring(L, text, len);
		break;
	case JSON_INTEGER:
		lua_pushnumber(L, (lua_Number)json_integer_value(value));
		break;
	case JSON_REAL:
		lua_pushnumber(L, json_real_value(value));
		break;
	case JSON_NULL:
		/* engine.json.null: a key without a value */
		lua_pushlightuserdata(L, NULL);
		break;
	default:
		lua_pushboolean(L, json_is_true(value));
	}
}

void
bind_push_json(lua_State *L, const json_t *value)
{
	push_json(L, value, "the value");
}

static json_t *to_json(lua_State *L, int index, int depth, const char **why);

static json_t *
array_to_json(lua_State *L, int index, int depth, const char **why)
{
	json_t *a = json_array();

	for (size_t i = 1, n = lua_objlen(L, index); i <= n; i++) {
		lua_rawgeti(L, index, (int)i);
		/* NULL is refused */
		if (json_array_append_new(a, to_json(L, lua_gettop(L), depth, why)) < 0) {
			json_decref(a);
			return NULL;
		}
		lua_pop(L, 1);
	}
	return a;
}

/* Sets the field whose key and value are on top; false and `why` where its value or its key have no
 * form. */
static bool
set_field(lua_State *L, json_t *o, int depth, const char **why)
{
	json_t *v = to_json(L, lua_gettop(L), depth, why);
	const char *key;
	size_t len;
	bool ok;

	if (v == NULL)
		return false;
	/* a copy: tostring in place would confuse lua_next */
	lua_pushvalue(L, -2);
	if (bind_unfit_text(L, -1) != NULL)
		lua_pushstring(L, bind_unfit_text(L, -1));
	else
		lua_pushvalue(L, -1);
	lua_remove(L, -2);
	key = lua_tolstring(L, -1, &len);
	ok = json_object_get(o, key) == NULL;
	*why = ok ? "a table's key is no text" : "two keys of a table are the same text";
	ok = ok && key != NULL && strlen(key) == len && json_object_set(o, key, v) == 0;
	json_decref(v);
	lua_pop(L, 1);
	return ok;
}

/* The object's fields in the order of its metafield __json_keys: an array of its keys. */
static bool
set_in_order(lua_State *L, json_t *o, int index, int depth, const char **why)
{
	int keys = lua_gettop(L);

	for (int i = 1, n = (int)lua_objlen(L, keys); i <= n; i++) {
		lua_rawgeti(L, keys, i);
		lua_pushvalue(L, -1);
		lua_rawget(L, index);
		if (!set_field(L, o, depth, why))
			return false;
		lua_pop(L, 2);
	}
	return true;
}

static bool
set_each(lua_State *L, json_t *o, int index, int depth, const char **why)
{
	for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1))
		if (!set_field(L, o, depth, why))
			return false;
	return true;
}

static json_t *
object_to_json(lua_State *L, int index, int depth, const char **why)
{
	json_t *o = json_object();
	bool has_order = luaL_getmetafield(L, index, "__json_keys"), ok;

	ok = has_order && lua_istable(L, -1) ? set_in_order(L, o, index, depth, why)
					     : set_each(L, o, index, depth, why);
	if (!ok) {
		json_decref(o);
		return NULL;
	}
	lua_pop(L, has_order ? 1 : 0);
	return o;
}

bool
bind_is_array(lua_State *L, int index)
{
	size_t n = lua_objlen(L, index), keys = 0;

	if (n == 0) {
		bool is_marked = luaL_getmetafield(L, index, "__json_array");

		lua_pop(L, is_marked ? 1 : 0);
		return is_marked;
	}
	for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
		lua_Number key = lua_type(L, -2) == LUA_TNUMBER ? lua_tonumber(L, -2) : 0;

		keys += key >= 1 && key <= (lua_Number)n && floor(key) == key ? 1 : n + 1;
	}
	return keys == n;
}

static json_t *
number_to_json(lua_Number n, const char **why)
{
	if (isfinite(n) && floor(n) == n && fabs(n) <= WHOLE_MAX)
		return json_integer((json_int_t)n);
	if (!isfinite(n)) {
		*why = "a number that is not finite";
		return NULL;
	}
	return json_real(n);
}

static json_t *
to_json(lua_State *L, int index, int depth, const char **why)
{
	size_t len;
	const char *s;

	if (depth > DEPTH_MAX || !lua_checkstack(L, 8)) {
		*why = "nested too deep, or in a circle";
		return NULL;
	}
	switch (lua_type(L, index)) {
	case LUA_TTABLE:
		if (bind_is_array(L, index))
			return array_to_json(L, index, depth + 1, why);
		return object_to_json(L, index, depth + 1, why);
	case LUA_TSTRING:
		s = lua_tolstring(L, index, &len);
		return log_text(s, len);
	case LUA_TNUMBER:
		return number_to_json(lua_tonumber(L, index), why);
	case LUA_TBOOLEAN:
		return json_boolean(lua_toboolean(L, index));
	case LUA_TNIL:
	case LUA_TLIGHTUSERDATA:
		return json_null();
	case LUA_TUSERDATA:
		/* to its last digit, as text */
		if (bind_unfit_text(L, index) != NULL)
			return json_string(bind_unfit_text(L, index));
		/* fall through */
	default:
		*why = "a value that JSON has no form for (function, userdata or thread)";
		return NULL;
	}
}

json_t *
bind_opt_json(lua_State *L, int index, const char *what)
{
	const char *why = NULL;
	json_t *v;

	if (lua_isnoneornil(L, index))
		return NULL;
	luaL_checktype(L, index, LUA_TTABLE);
	v = to_json(L, index, 0, &why);
	if (v == NULL)
		luaL_error(L, "%s: %s", what, why);
	return v;
}

/* json.encode(value, { indent = 2, ordered = true }): without `ordered` keys are sorted, otherwise
 * they come in the order of each table's __json_keys. With 17 digits the number that is read again
 * is the same. */
static int
l_json_encode(lua_State *L)
{
	size_t flags = JSON_ENCODE_ANY | JSON_REAL_PRECISION(17), order = JSON_SORT_KEYS;
	const char *why = NULL;
	int indent = 0;
	json_t *v;
	char *text;

	luaL_checkany(L, 1);
	if (lua_istable(L, 2)) {
		lua_getfield(L, 2, "indent");
		indent = (int)bind_opt_whole(L, -1, "indent", 0, 0, 31);
		lua_getfield(L, 2, "ordered");
		order = lua_toboolean(L, -1) ? 0 : order;
		lua_pop(L, 2);
	}
	v = to_json(L, 1, 0, &why);
	if (v == NULL) {
		error_push(L, -EINVAL, "json.encode", why, NULL);
		return lua_error(L);
	}
	flags |= order | (indent > 0 ? JSON_INDENT((unsigned)indent) : JSON_COMPACT);
	text = json_dumps(v, flags);
	json_decref(v);
	lua_pushstring(L, text);
	free(text);
	return 1;
}

static int
l_json_decode(lua_State *L)
{
	json_error_t err;
	size_t len;
	const char *s = luaL_checklstring(L, 1, &len);
	json_t *v =
		json_read(s, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &err);

	if (v == NULL) {
		lua_pushnil(L);
		lua_pushfstring(L, "line %d: %s", err.line, err.text);
		return 2;
	}
	bind_push_json(L, v);
	json_decref(v);
	return 1;
}

static int
l_json_array(lua_State *L)
{
	/* an empty table that is to be [] and not {} */
	if (lua_isnoneornil(L, 1)) {
		lua_settop(L, 0);
		lua_newtable(L);
	}
	lua_settop(L, 1);
	mark_array(L);
	return 1;
}

static const struct bind_row functions[] = {
	{ "encode", l_json_encode, BIND_SAME },
	{ "decode", l_json_decode, BIND_SAME },
	{ "array", l_json_array, BIND_SAME },
	{ NULL, NULL, 0 },
};

static void
set_null(lua_State *L)
{
	lua_pushlightuserdata(L, NULL);
	lua_setfield(L, -2, "null");
}

const struct bind_file bind_json = { .functions = functions, .in = "json", .more = set_null };
