/* bind_reply: waits of a task at a console: for a text, its prompt, the reply to a command. */
#include "bind/bind_reply.h"

#include <errno.h>
#include <math.h>

#include "bind/bind.h"
#include "console/console.h"

/* A reply awaited by a task, whose stack has all of it. */
struct pending {
	struct console *console;
	struct console_reply reply;
	const char *line;           /* a command's; NULL: expected */
	const struct argv *needles; /* NULL: its prompt */
	double seconds;
	bool at_mark; /* it looks behind a mark that was given */
};

/* Pushes the texts that did not come. */
static const char *
push_wanted(lua_State *L, const struct pending *p)
{
	const char *prompt[] = { console_prompt(p->console), NULL }, *wanted = "";
	const char *const *text = p->needles != NULL ? (const char *const *)p->needles->v : prompt;

	lua_checkstack(L, 64);
	for (; *text != NULL; text++)
		wanted = lua_pushfstring(L, "%s%s\"%s\"", wanted, *wanted != '\0' ? " or " : "",
					 luaL_gsub(L, *text, "\n", ""));
	return wanted;
}

/* Pushes what is wrong with an echo, which begins the reply. */
static void
push_echo_fault(lua_State *L, const struct pending *p, const char *name)
{
	const char *end = memchr(p->reply.text, '\n', p->reply.len);
	size_t len = end != NULL ? (size_t)(end - p->reply.text) : p->reply.len;
	const char *echo;

	lua_pushlstring(L, p->reply.text, len);
	echo = lua_tostring(L, -1);
	if (strncmp(p->line, echo, len) == 0)
		lua_pushfstring(L, "%s echoed only %d of the line's %d bytes: \"%s\"", name,
				(int)len, (int)strlen(p->line), echo);
	else
		lua_pushfstring(
			L,
			"%s echoed \"%s\", not the line that was typed (t:mp has echo = false for a program that echoes nothing)",
			name, echo);
}

static int
fail_pending(lua_State *L, struct pending *p, int status)
{
	char how[64];
	char *tail = console_tail(p->console, 8);
	const char *name = console_res(p->console)->name, *wanted = push_wanted(L, p);

	if (status == -EPIPE) {
		chan_exit_words(console_exit(p->console), how, sizeof(how));
		lua_pushfstring(L, "%s ended with %s while %s was awaited", name, how, wanted);
	} else if (status == -ETIMEDOUT && p->reply.unsent) {
		lua_pushfstring(
			L, "not sent to %s within %f s: the command before is still unanswered",
			name, p->seconds);
	} else if (status == -ETIMEDOUT && p->needles != NULL &&
		   console_had(p->console, (const char *const *)p->needles->v, p->needles->n,
			       &p->reply)) {
		lua_pushfstring(
			L,
			p->at_mark
				? "no %s from %s in %f s; it was printed before the mark"
				: "no %s from %s in %f s; it was printed before this wait: pass { after = m } with m = x:mark() taken before the act, or { from = \"start\" }",
			wanted, name, p->seconds);
	} else if (status == -ETIMEDOUT) {
		lua_pushfstring(L, "no %s from %s in %f s", wanted, name, p->seconds);
	} else if (status == -EOVERFLOW) {
		lua_pushfstring(
			L,
			"%s printed too much at once: the first %f bytes are dropped, its transcript has them",
			name, (lua_Number)p->reply.dropped);
	} else if (status == -EBADMSG) {
		push_echo_fault(L, p, name);
	} else if (status == -ECANCELED) {
		lua_pushfstring(L, "interrupted while %s from %s was awaited", wanted, name);
	} else {
		lua_pushfstring(L, "%s: %s", name, strerror(-status));
	}
	if (p->line != NULL)
		lua_pushfstring(L, "command \"%s\"", p->line);
	else
		lua_pushliteral(L, "expect");
	bind_fail(L, status, lua_tostring(L, -1), lua_tostring(L, -2), tail);
	free(tail);
	console_reply_free(&p->reply);
	return 2;
}

static int
push_reply(lua_State *L, void *arg, int status)
{
	struct pending *p = arg;

	if (status < 0)
		return fail_pending(L, p, status);
	lua_pushlstring(L, p->reply.text, p->reply.len);
	if (p->needles != NULL)
		lua_pushinteger(L, p->reply.matched + 1);
	console_reply_free(&p->reply);
	return p->needles != NULL ? 2 : 1;
}

/* The texts at index 2, of which one is awaited. */
static const struct argv *
check_needles(lua_State *L)
{
	struct argv *one;

	if (lua_istable(L, 2))
		return bind_list(L, 2, "what to wait for");
	if (lua_type(L, 2) != LUA_TSTRING)
		luaL_error(L, "what to wait for: expected a string or an array of strings, got %s",
			   bind_given(L, 2));
	one = bind_argv(L);
	argv_add(one, lua_tostring(L, 2));
	return one;
}

static struct pending *
pending_new(lua_State *L, struct console *c, double seconds)
{
	struct pending *p = lua_newuserdata(L, sizeof(*p));

	*p = (struct pending){ .console = c, .seconds = seconds };
	return p;
}

static int
park_pending(lua_State *L, int rc)
{
	if (rc == -ERANGE)
		return luaL_error(L,
				  "expect: option \"after\": a mark of this console is expected");
	if (rc < 0)
		return luaL_error(L,
				  "nothing to wait for: 1 to 16 texts, none empty, are expected");
	return task_park(L);
}

struct expect_opts {
	double timeout;
	double after; /* NAN: not given */
	const char *from;
};

static const struct opt expect_spec[] = {
	{ "timeout", OPT_NUM, offsetof(struct expect_opts, timeout), false },
	{ "after", OPT_MARK, offsetof(struct expect_opts, after), false },
	{ "from", OPT_STR, offsetof(struct expect_opts, from), false },
	OPT_END,
};

/* The options at index 3. */
static struct console_place
check_place(lua_State *L, const struct expect_opts *o)
{
	struct console_place place = { .from = CONSOLE_NEXT };

	if (!isnan(o->after) && o->from != NULL)
		luaL_error(L, "expect: option \"after\" or option \"from\", not both");
	if (!isnan(o->after))
		return (struct console_place){ CONSOLE_AFTER, (uint64_t)o->after };
	if (o->from == NULL)
		return place;
	if (strcmp(o->from, "start") != 0 && strcmp(o->from, "last") != 0)
		luaL_error(L, "expect: option \"from\": expected \"start\" or \"last\", got \"%s\"",
			   o->from);
	place.from = strcmp(o->from, "start") == 0 ? CONSOLE_START : CONSOLE_LAST;
	return place;
}

/* console:expect(text or texts, seconds or { timeout, after, from }) → what came before it, which
 */
int
l_console_expect(lua_State *L)
{
	struct console *c = bind_check(L, 1, &bind_console_kind);
	struct expect_opts o = { .timeout = 10, .after = NAN };
	const struct argv *needles;
	struct console_place place;
	struct pending *p;

	if (lua_istable(L, 3))
		bind_opts(L, 3, "expect", expect_spec, &o);
	else
		o.timeout = bind_seconds(L, 3, 10);
	place = check_place(L, &o);
	needles = check_needles(L);
	p = pending_new(L, c, o.timeout);
	p->needles = needles;
	p->at_mark = place.from == CONSOLE_AFTER;
	return park_pending(L,
			    console_expect(c, (const char *const *)needles->v, needles->n, &place,
					   o.timeout, task_wait(L, push_reply, p), &p->reply));
}

/* The console at index 1, for a task that is to wait for its prompt. */
static struct console *
check_prompted(lua_State *L)
{
	struct console *c = bind_check(L, 1, &bind_console_kind);

	if (console_prompt(c) == NULL)
		luaL_error(L, "%s has no prompt: name it by console:set_prompt first",
			   console_res(c)->name);
	return c;
}

/* console:set_prompt(text, { torn, echo }): what ends each reply (struct console_prompt). Returns
 * the console. */
int
l_console_set_prompt(lua_State *L)
{
	struct console *c = bind_check(L, 1, &bind_console_kind);
	struct console_prompt p = { 0 };
	const struct opt opts[] = {
		{ "torn", OPT_BOOL, offsetof(struct console_prompt, is_torn), false },
		{ "echo", OPT_BOOL, offsetof(struct console_prompt, has_echo), false },
		OPT_END
	};
	int rc;

	luaL_checktype(L, 2, LUA_TSTRING);
	p.text = lua_tostring(L, 2);
	bind_opts(L, 3, "set_prompt", opts, &p);
	rc = console_set_prompt(c, &p);
	if (rc < 0)
		return luaL_error(L, rc == -EBUSY ? "set_prompt: a reply is still awaited"
						  : "set_prompt: the prompt is empty or too long");
	lua_settop(L, 1);
	return 1;
}

/* console:await_prompt(seconds) → what came before it */
int
l_console_await_prompt(lua_State *L)
{
	double seconds = bind_seconds(L, 2, 10);
	struct console *c = check_prompted(L);
	struct pending *p = pending_new(L, c, seconds);

	return park_pending(
		L, console_await_prompt(c, seconds, task_wait(L, push_reply, p), &p->reply));
}

/* console:command(line, seconds) → reply */
int
l_console_command(lua_State *L)
{
	size_t len;
	const char *line = luaL_checklstring(L, 2, &len);
	double seconds = bind_seconds(L, 3, 10);
	struct console *c = check_prompted(L);
	struct pending *p;

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			return luaL_error(L, "a command is one line without control characters");
	p = pending_new(L, c, seconds);
	p->line = line;
	return park_pending(
		L, console_command(c, line, seconds, task_wait(L, push_reply, p), &p->reply));
}
