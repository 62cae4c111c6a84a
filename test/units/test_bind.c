/* test_bind: the engine as Lua sees it: misuse raises, and the error has a hint. */
#include "units/lab.h"

#include <lualib.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bind/bind.h"
#include "fakes/fake_telemetry.h"

static lua_State *L;
static char failure[2048];
static bool ended;

static void
on_end(void *arg, lua_State *co, bool ok, int nresults)
{
	(void)arg;
	(void)nresults;
	ended = true;
	failure[0] = '\0';
	if (ok)
		return;
	if (luaL_callmeta(co, -1, "__tostring"))
		lua_replace(co, -2);
	luaL_traceback(co, co, lua_tostring(co, -1), 0);
	snprintf(failure, sizeof(failure), "%s", lua_tostring(co, -1));
}

/* What scripts of these tests have: engine, and raises(pattern, function, ...). */
static const char prelude[] =
	"engine = require 'engine'\n"
	"here = engine.here()\n"
	"function raises(want, f, ...)\n"
	"  local ok, why = pcall(f, ...)\n"
	"  if ok then error('nothing was raised: ' .. want, 2) end\n"
	"  if not tostring(why):find(want, 1, true) then error('raised: ' .. tostring(why), 2) end\n"
	"end\n"
	"function same(a, b)\n"
	"  if a ~= b then error(('%s is not %s'):format(tostring(a), tostring(b)), 2) end\n"
	"end\n";

static int
boot(void **state)
{
	(void)state;
	L = luaL_newstate();
	luaL_openlibs(L);
	lua_getglobal(L, "package");
	lua_getfield(L, -1, "preload");
	lua_pushcfunction(L, luaopen_engine);
	lua_setfield(L, -2, "engine");
	lua_pop(L, 2);
	if (luaL_dostring(L, prelude) != 0) {
		print_error("%s\n", lua_tostring(L, -1));
		return -1;
	}
	return 0;
}

static int
shut(void **state)
{
	(void)state;
	drive_close(scope_root());
	/* open waits end; then no task may be left */
	task_cancel_all();
	while (task_has_ready())
		task_run_ready(L);
	lua_close(L);
	return 0;
}

/* Run it as a task, to its end. */
static void
lua(const char *code)
{
	if (luaL_loadstring(L, code) != 0)
		fail_msg("%s", lua_tostring(L, -1));
	ended = false;
	task_start(L, 0, on_end, NULL);
	for (task_run_ready(L); !ended; task_run_ready(L))
		loop_turn(task_has_ready());
	if (failure[0] != '\0')
		fail_msg("%s", failure);
}

static void
unknown_options_name_the_nearest(void **state)
{
	(void)state;
	lua("raises('testpmd: unknown option \"fileprefix\"', engine.testpmd, here, { fileprefix = 'x' })\n"
	    "engine.set_suggest(function(name, names)\n"
	    "  for _, n in ipairs(names) do if n:gsub('_', '') == name then return n end end\n"
	    "end)\n"
	    "raises('unknown option \"fileprefix\" (did you mean \"file_prefix\"?)',\n"
	    "  engine.testpmd, here, { fileprefix = 'x' })\n"
	    "raises('unknown option \"qqq\"', engine.testpmd, here, { qqq = 1 })\n"
	    "raises('(did you mean \"num_procs\"?)', engine.mp, here, { program = 'x', numprocs = 2 })\n"
	    "raises('run: unknown option \"time\"', here.run, here, { 'true' }, { time = 1 })\n"
	    "raises('options are named', here.run, here, { 'true' }, { 'x' })\n"
	    /* a helper that fails, or answers nonsense, is none */
	    "engine.set_suggest(function() error 'x' end)\n"
	    "raises('unknown option \"fileprefix\"', engine.testpmd, here, { fileprefix = 'x' })\n"
	    "engine.set_suggest(function() return 'nonsense' end)\n"
	    "local _, why = pcall(engine.testpmd, here, { fileprefix = 'x' })\n"
	    "same(why:find('did you mean'), nil)\n"
	    "raises('', engine.set_suggest, 'no function')");
}

static void
unknown_methods_name_the_nearest(void **state)
{
	(void)state;
	lua("raises('a node has no method \"runn\"', function() return here.runn end)\n"
	    "engine.set_suggest(function() return 'run' end)\n"
	    "raises('a node has no method \"runn\" (did you mean \"run\"?)', function() return here.runn end)\n"
	    "raises('', function() return here[1] end)\n"
	    "raises('', function() return here[{}] end)\n"
	    "raises('', function() here.run = 1 end)");
}

static void
wrong_types_are_named(void **state)
{
	(void)state;
	lua("raises('option \"rxq\": expected a whole number, got a string (\"2\")', engine.testpmd, here, { rxq = '2' })\n"
	    "raises('option \"rxq\": expected a whole number, got a number (', engine.testpmd, here, { rxq = 1.5 })\n"
	    "raises('option \"rxq\": expected a whole number, got a number (', engine.testpmd, here, { rxq = 0/0 })\n"
	    "raises('option \"rxq\": expected a whole number, got a number (', engine.testpmd, here, { rxq = 2^40 })\n"
	    "raises('option \"hugepages\": expected true or false, got a number (1)', engine.testpmd, here, { hugepages = 1 })\n"
	    "raises('option \"vdevs\": expected an array of strings, got a string (\"x\")', engine.testpmd, here, { vdevs = 'x' })\n"
	    "raises('option \"vdevs\": expected an array of strings, got a table', engine.testpmd, here, { vdevs = { {} } })\n"
	    "raises('option \"program\": expected a string, got a table', engine.testpmd, here, { program = {} })\n"
	    "raises('option \"program\" is needed', engine.mp, here, {})\n"
	    "raises('expected a table of options, got a string (\"x\")', engine.mp, here, 'x')\n"
	    "raises('option \"proc_type\": expected one of auto primary secondary', engine.mp, here, { program = 'x', proc_type = 'first' })\n"
	    "raises('what to run: expected an array of strings, got a string', here.run, here, 'true')\n"
	    "raises('what to run is empty', here.run, here, {})\n"
	    "raises('expected a node, got a table; methods are called with a colon', here.run, {}, { 'true' })\n"
	    "raises('expected a node, got a userdata', here.run, io.stdout, { 'true' })\n"
	    "raises('seconds', engine.elapse, -1)\n"
	    "raises('seconds', engine.elapse, 0/0)\n"
	    "raises('expected seconds, 0 to 1000000, got a string (\"soon\")', engine.elapse, 'soon')\n"
	    "raises('expected seconds, 0 to 1000000, got a number (-1)', engine.elapse, -1)\n"
	    "raises('run: option \"timeout\": expected seconds, 0 to 1000000, got a number (-1)',\n"
	    "  here.run, here, { 'true' }, { timeout = -1 })\n"
	    "raises('option \"timeout\": expected seconds', here.run, here, { 'true' }, { timeout = 0/0 })\n"
	    "raises('mode: expected a whole number, 0 to 4095, got a number (0.5)', engine.fs.mkdir, '/', 0.5)\n"
	    "raises('mode: expected a whole number, 0 to 4095, got a number (', engine.fs.chmod, '/', 0/0)\n"
	    "raises('mode: expected a whole number, 0 to 4095, got a string (\"7\")', engine.fs.chmod, '/', '7')\n"
	    "raises('descriptor: expected a whole number, 0 to 2147483647, got a number (-1)', engine.fs.unlock, -1)\n"
	    "raises('descriptor: expected a whole number', engine.sys.isatty, 2^31)\n"
	    "raises('guard\\'s number: expected a whole number', engine.fs.guard_drop, 1e300)\n"
	    "raises('bytes: expected a whole number, 4096 to 1e+15, got a number (1)', engine.memory, 1)\n"
	    "raises('bytes: expected a whole number', engine.memory, 4096.5)\n"
	    "raises('at: expected a whole number', engine.memory(4096).load, engine.memory(4096), '/', -1)\n"
	    "raises('at: expected a whole number', engine.memory(4096).save, engine.memory(4096), '/', 0/0)\n"
	    "raises('indent: expected a whole number, 0 to 31, got a number (32)', engine.json.encode, {}, { indent = 32 })\n"
	    "raises('is no PCI address', engine.devbind, here, { driver = 'x', devices = { '05.0' } })\n"
	    "raises('1 to 32 devices', engine.devbind, here, { driver = 'x', devices = {} })\n"
	    "raises('\"attach a b\" is no command of hotplug_mp: expected list, attach DEVARGS or detach DEVARGS', engine.hotplug_line, 'attach', 'a b')\n"
	    "same(engine.hotplug_line('attach', '0000:00:05.0'), 'attach 0000:00:05.0')\n"
	    "raises('function expected', engine.task, 1)");
}

static void
commands_run(void **state)
{
	(void)state;
	lua("local r = assert(here:run({ 'sh', '-c', 'cat; echo $X; echo err >&2; exit 3' },\n"
	    "  { input = 'a\\0b\\n', env = { 'X=y' } }))\n"
	    "same(r.out, 'a\\0b\\ny\\n') same(r.err, 'err\\n') same(r.code, 3) same(r.signal, nil)\n"
	    "r = assert(here:run { 'sh', '-c', 'kill -9 $$' })\n"
	    "same(r.code, nil) same(r.signal, 'SIGKILL')\n"
	    "local none, err = here:run { 'moonrig-no-such-program' }\n"
	    "same(none, nil) same(err.code, 'ENOENT') same(err.op, 'run')\n"
	    "same(tostring(err), 'run: moonrig-no-such-program is not there: install it, or name it with its path')\n"
	    "none, err = here:run({ 'sh', '-c', 'echo working; exec sleep 1000' }, { timeout = 0.5 })\n"
	    "same(none, nil) same(err.code, 'ETIMEDOUT')\n"
	    "assert(tostring(err):find('was killed', 1, true), tostring(err))");
}

static void
variables_are_checked(void **state)
{
	(void)state;
	lua("local function env(e) return here:run({ 'env' }, { env = e }).out end\n"
	    "assert(env({ A = 'x', [1] = 'B=y=z', _1 = '' }):find('\\nA=x\\n', 1, true))\n"
	    "assert(env({ 'B=y=z' }):find('\\nB=y=z\\n', 1, true))\n"
	    "for _, name in ipairs { '', '1', 'a b', 'a-b', 'a.b', 'a=b', 'A\\n', '\\255' } do\n"
	    "  raises('run: option \"env\": \"' .. name .. '\" is no variable', env, { [name] = 'x' })\n"
	    "end\n"
	    "raises('\"1A\" is no variable', env, { '1A=2' })\n"
	    "raises('\"\" is no variable', env, { '=2' })\n"
	    "raises('expected \"NAME=value\", got \"HOME\"', env, { 'HOME' })\n"
	    "raises('A: expected a string, got a number (5)', env, { A = 5 })\n"
	    "raises('A: expected a string, got false', env, { A = false })\n"
	    "raises('an entry: expected a string, got a number (5)', env, { 5 })\n"
	    "raises('name is a string, got true', env, { [true] = 'x' })\n"
	    "raises('a value has no NUL', env, { A = 'x\\0y' })\n"
	    "raises('MOONRIG_SESSION is moonrig', env, { MOONRIG_SESSION = 'x' })\n"
	    "raises('MOONRIG_SESSION is moonrig', env, { 'MOONRIG_SESSION=x' })\n"
	    "raises('run: option \"env\": expected variables, { NAME = \"value\" }, got a string (\"A=x\")', env, 'A=x')\n"
	    "raises('spawn: option \"env\": \"a b\"', here.spawn, here, { 'true' }, { env = { ['a b'] = 'x' } })");
}

static void
a_missing_folder_is_named(void **state)
{
	(void)state;
	lua("for _, cwd in ipairs { '/no/such', '/proc/version', '' } do\n"
	    "  for _, how in ipairs { 'run', 'spawn' } do\n"
	    "    local none, err = here[how](here, { 'true' }, { cwd = cwd })\n"
	    "    same(none, nil)\n"
	    "    local words = cwd == '/proc/version' and 'Not a directory' or 'No such file or directory'\n"
	    "    same(err.what, ('option \"cwd\": %s: %s'):format(cwd, words))\n"
	    "  end\n"
	    "end\n"
	    "local none, err = here:run({ 'moonrig-no-such-program' }, { cwd = '/' })\n"
	    "assert(err.what:find('moonrig-no-such-program is not there', 1, true), err.what)");
}

static void
error_objects_print(void **state)
{
	(void)state;
	lua("local e = engine.error { code = 'EIO', op = 'the op', what = 'it broke' }\n"
	    "same(tostring(e), 'the op: it broke')\n"
	    "e.tail = 'one\\ntwo'\n"
	    "same(tostring(e), 'the op: it broke; last lines:\\none\\ntwo')\n"
	    "local ok, got = pcall(error, e)\n"
	    "same(got, e) same(got.code, 'EIO')\n"
	    "raises('table expected', engine.error, 'x')");
}

static void
consoles_reply_and_fail(void **state)
{
	(void)state;
	lua_pushstring(L, lab_program("fake_testpmd"));
	lua_setglobal(L, "program");
	lua("local prompt = engine.prims.testpmd.prompt\n"
	    "local pmd = assert(engine.testpmd(here, { program = program, lcores = { '-l', '1-2' },\n"
	    "  hugepages = true, rxq = 2, vdevs = { 'net_null0' } }, { name = 'pmd' }))\n"
	    "raises('pmd has no prompt', pmd.command, pmd, 'echo x', 60)\n"
	    "raises('pmd has no prompt', pmd.await_prompt, pmd, 60)\n"
	    "raises('string expected, got table', pmd.set_prompt, pmd, {})\n"
	    "raises('string expected, got number', pmd.set_prompt, pmd, 5)\n"
	    "raises('the prompt is empty or too long', pmd.set_prompt, pmd, '')\n"
	    "raises('unknown option \"tear\"', pmd.set_prompt, pmd, 'x', { tear = true })\n"
	    "local text = assert(pmd:set_prompt(prompt):await_prompt(60))\n"
	    "assert(text:find('argv[1]: -l', 1, true) and text:find('argv[2]: 1-2', 1, true), text)\n"
	    "assert(text:find('--rxq=2', 1, true), text)\n"
	    "local reply, more = assert(pmd:command('echo x', 60))\n"
	    "same(reply, 'echo x\\nx') same(more, nil)\n"
	    "pmd:set_prompt('testpmd> ', { torn = true, echo = true })\n"
	    "same(assert(pmd:command('echo x', 60)), 'x\\n')\n"
	    "raises('expected seconds', pmd.command, pmd, 'echo x', prompt)\n"
	    "pmd:set_prompt('no such')\n"
	    "raises('one line without control characters', pmd.command, pmd, 'a\\nb')\n"
	    "raises('1 to 16 texts', pmd.expect, pmd, {})\n"
	    "raises('1 to 16 texts', pmd.expect, pmd, '')\n"
	    "raises('what to wait for: expected a string or an array of strings, got true', pmd.expect, pmd, true)\n"
	    "raises('invalid option', pmd.signal, pmd, 'NONSENSE')\n"
	    "same(pmd:exit(), nil) same(pmd:name(), 'pmd') assert(pmd:pid() > 1)\n"
	    "same(tostring(pmd), 'console \"pmd\"')\n"
	    "local nothing, err = pmd:expect('never', 0.02)\n"
	    "same(nothing, nil) same(err.code, 'ETIMEDOUT')\n"
	    "assert(tostring(err):find('no \"never\" from pmd in', 1, true), tostring(err))\n"
	    "assert(tostring(err):find('testpmd>', 1, true), tostring(err))\n"
	    "nothing, err = pmd:await_prompt(0.02)\n"
	    "assert(tostring(err):find('no \"no such\" from pmd in', 1, true), tostring(err))\n"
	    "nothing, err = pmd:command('die 5', 60)\n"
	    "same(err.op, 'command \"die 5\"')\n"
	    "same(err.code, 'EPIPE')\n"
	    "assert(tostring(err):find('pmd ended with exit status 5', 1, true), tostring(err))\n"
	    "same(pmd:exit().code, 5) same(pmd:await_exit(1).code, 5)");
}

static void
closed_handles_are_named(void **state)
{
	(void)state;
	lua("local c = assert(here:spawn({ 'cat' }, { name = 'cat', grace = 0 }))\n"
	    "same(engine.open_resources()[1].kind, 'console')\n"
	    "same(engine.open_resources()[1].name, 'cat')\n"
	    "local exit = assert(c:close(60))\n"
	    "same(exit.signal, 'SIGKILL')\n"
	    "same(#engine.open_resources(), 0)\n"
	    "same(tostring(c), 'console \"cat\" (closed)')\n"
	    "raises('console \"cat\" is closed', c.type, c, 'x')\n"
	    "raises('console \"cat\" is closed', c.signal, c, 'TERM')\n"
	    "local none, err = c:set_prompt('y'):command('x', 1)\n"
	    "same(err.code, 'EPIPE')\n"
	    "assert(c:close(1)) assert(c:close(1))\n"
	    "same(c:exit().signal, 'SIGKILL')");
}

static void
handles_may_be_collected_while_it_runs(void **state)
{
	(void)state;
	lua("assert(here:spawn({ 'cat' }, { name = 'a', pipes = true }))\n"
	    "collectgarbage() collectgarbage()\n"
	    "same(#engine.open_resources(), 1)\n"
	    "local ok = assert(here:spawn({ 'cat' }, { name = 'b' })):expect('never', 0.01)\n"
	    "same(ok, nil)\n"
	    "assert(engine.close_all(60))");
}

static void
tasks_join_and_fail(void **state)
{
	(void)state;
	lua("local t = engine.task(function(a, b) engine.elapse(0) return a + b end, 1, 2)\n"
	    "same(t:is_done(), false)\n"
	    "local r = assert(t:join(60))\n"
	    "same(r[1], true) same(r[2], 3) same(t:is_done(), true)\n"
	    "r = engine.task(function() error('oops', 0) end):join(60)\n"
	    "same(r[1], false) same(r[2], 'oops') assert(r[3]:find 'traceback')\n"
	    "local slow = engine.task(function() engine.elapse(1000) engine.elapse(1000) end)\n"
	    "local none, err = slow:join(0.01)\n"
	    "same(err.code, 'ETIMEDOUT')\n"
	    "slow:cancel() collectgarbage()\n"
	    "same(slow:join(60)[1], false)\n"
	    "local me me = engine.task(function() me:join(1) end)\n"
	    "assert(tostring(me:join(60)[2]):find('wait for itself'))\n"
	    "raises('needs a task', coroutine.wrap(function() engine.elapse(1) end))");
	assert_int_not_equal(luaL_dostring(L, "engine.elapse(1)"), 0);
	assert_non_null(strstr(lua_tostring(L, -1), "needs a task"));
	lua_pop(L, 1);
}

static void
json_is_the_same_after_a_round_trip(void **state)
{
	(void)state;
	lua("local json = engine.json\n"
	    "local function trip(text) return json.encode(json.decode(text)) end\n"
	    "for _, text in ipairs { '{}', '[1,2,3]', '{\"a\":[true,false,null],\"b\":{\"c\":\"d\"}}', '\"text\"',\n"
	    "  '1', '-0.5', 'true', 'null', '[[],[[1]]]' , '9007199254740991', '\"\\\\u0001\\\\\"\\\\\\\\\"' } do\n"
	    "  same(trip(text), text)\n"
	    "end\n"
	    "same(json.encode(json.array {}), '[]') same(json.encode({}), '{}')\n"
	    "same(json.decode('null'), json.null) same(json.encode(json.null), 'null')\n"
	    "same(json.decode('\"h\\195\\169\"'), 'h\\195\\169')\n"
	    "same(json.encode('\\255'), '\"\\239\\191\\189\"')\n"
	    "same(json.encode({ [1] = 'a', [2] = { x = 1 } }), '[\"a\",{\"x\":1}]')\n"
	    "same(json.encode({ 7, x = 1 }), '{\"1\":7,\"x\":1}')\n"
	    "same(#json.decode '\"a\\\\u0000b\"', 3)\n"
	    "for _, n in ipairs { 1 / 3, 0.1 + 0.2, 1.7976931348623157e308, 5e-324, 2 ^ 53 + 2 } do\n"
	    "  same(json.decode(json.encode(n)), n)\n"
	    "end\n"
	    "local holes = { [1] = 'a', [2] = 'b', [4] = 'd', x = 'x' }\n"
	    "local back = json.decode(json.encode(holes))\n"
	    "same(back['4'], 'd') same(back.x, 'x')\n"
	    "assert(json.encode({ a = 1 }, { indent = 2 }):find '\\n')");
}

/* One number that does not fit does not spoil the others, and is never rounded. */
static void
a_number_that_does_not_fit_is_named_where_it_is_used(void **state)
{
	(void)state;
	lua("local json, number = engine.json, engine.number\n"
	    "for _, fits in ipairs { '0', '-0', '9007199254740992', '-9007199254740992', '0.1', '1e300',\n"
	    "  '0.1000000000000000055511151231257827', '3.14159265358979323846', '9007199254740994.0',\n"
	    "  '1.5e3', '5e-324' } do\n"
	    "  if not number.fits(fits) then error(fits) end\n"
	    "  same(type(json.decode(fits)), 'number')\n"
	    "end\n"
	    "for _, text in ipairs { '9007199254740993', '-9007199254740993', '9223372036854775807',\n"
	    "  '9223372036854775808', '18446744073709551615', '18446744073709551616', ('9'):rep(2000),\n"
	    "  '1e400', '-1e400', '1e-400', 'NaN', '-inf', 'Infinity', '9007199254740993.0',\n"
	    "  '12345678901234567.5', '9007199254740993e0' } do\n"
	    "  if number.fits(text) then error(text) end\n"
	    "  local form = '{\"a\":1,\"rx\":%s,\"list\":[1,%s,3],\"z\":{\"b\":2}}'\n"
	    "  local v = json.decode(form:format(text, text))\n"
	    "  local function fails(field, fn)\n"
	    "    local ok, err = pcall(fn)\n"
	    "    local words = field .. ': ' .. text .. ' does not fit'\n"
	    "    assert(not ok and tostring(err):find(words, 1, true), tostring(err))\n"
	    "  end\n"
	    "  same(v.a, 1) same(v.z.b, 2) same(v.list[3], 3) same(#v.list, 3) same(v.nothing, nil)\n"
	    "  fails('rx', function() return v.rx > 5 end)\n"
	    "  fails('list[2]', function() return v.list[2] + 1 end)\n"
	    "  fails('list[2]', function() return 1 - v.list[2] end)\n"
	    "  fails('list[2]', function() return -v.list[2] end)\n"
	    "  fails('rx', function()\n"
	    "    for _, x in pairs(v) do if type(x) ~= 'table' then x = x + 1 end end\n"
	    "  end)\n"
	    "  same(tostring(v.list[2]), text) same('is ' .. v.list[2], 'is ' .. text)\n"
	    "  same(number.text(v, 'rx'), text) same(number.text(v, 'a'), nil)\n"
	    "  assert(v.list[2] == json.decode(text) and v.list[2] ~= json.decode '1e500')\n"
	    "  assert(v.list[2] ~= 5)\n"
	    "  same(json.decode(json.encode(v)).rx, text)\n"
	    "end");
}

static void
a_text_is_no_number_that_does_not_fit(void **state)
{
	(void)state;
	lua("local json, number = engine.json, engine.number\n"
	    "local big = '18446744073709551616'\n"
	    "local nul = '\\\\u0000'\n"
	    "local v = json.decode(('[\"%sx\",\"%s%s\",\"%s\",\"\\\\%s\",%s,\"%s\"]'):format(\n"
	    "  nul, nul, nul, big, nul, big, nul))\n"
	    "same(v[1], '\\0x') same(v[2], '\\0\\0') same(v[3], big) same(v[4], nul) same(v[6], '\\0')\n"
	    "same(number.text(v[5]), big) same(number.text(v[3]), nil) same(number.text(5), nil)\n"
	    "same(json.decode('[\"' .. nul .. '5\"]')[1], '\\0' .. '5')\n"
	    "for _, bad in ipairs { '0' .. big, big .. '.', '.5', '+' .. big, big .. 'e', '-', 'nano',\n"
	    "  '{' .. big .. ':1}', '[1 ' .. big .. ']', '[' .. big, '\"' .. big } do\n"
	    "  if json.decode(bad) ~= nil then error('taken: ' .. bad) end\n"
	    "end");
}

static void
json_keys_come_in_the_order_asked(void **state)
{
	(void)state;
	lua("local json = engine.json\n"
	    "local function of(t, ...) return setmetatable(t, { __json_keys = { ... } }) end\n"
	    "local t = of({ a = 1, b = of({ y = 1, x = 2 }, 'y', 'x'), c = 3 }, 'c', 'b', 'a')\n"
	    "same(json.encode(t, { ordered = true }), '{\"c\":3,\"b\":{\"y\":1,\"x\":2},\"a\":1}')\n"
	    "same(json.encode(t), '{\"a\":1,\"b\":{\"x\":2,\"y\":1},\"c\":3}')\n"
	    "same(json.encode({ t }, { ordered = true, indent = 1 }):gsub('%s', ''),\n"
	    "  '[{\"c\":3,\"b\":{\"y\":1,\"x\":2},\"a\":1}]')\n"
	    "same(json.encode(of({}), { ordered = true }), '{}')\n"
	    "raises('same text', json.encode, of({ a = 1 }, 'a', 'a'))\n"
	    "raises('no form', json.encode, of({ a = print }, 'a'))\n"
	    "raises('key is no text', json.encode, of({ [true] = 1 }, true))");
}

static void
hostile_json_is_refused(void **state)
{
	(void)state;
	lua("local json = engine.json\n"
	    "for _, text in ipairs { '', '{', '[1,]', '{\"a\":1,\"a\":2}', 'nul', '\"\\255\"', '1 2', '{1:2}',\n"
	    "  '\"\\\\ud800\"', 'nix', '[1' .. (',1'):rep(1000), ('['):rep(100000), '1e999 1' } do\n"
	    "  local v, why = json.decode(text)\n"
	    "  if v ~= nil then error('taken: ' .. text:sub(1, 20)) end\n"
	    "  assert(why:find '^line %d+: ', why)\n"
	    "end\n"
	    "local deep = json.decode(('['):rep(2000) .. (']'):rep(2000))\n"
	    "assert(type(deep) == 'table')\n"
	    "raises('nested too deep', json.encode, deep)\n"
	    "local circle = {} circle.circle = circle\n"
	    "raises('in a circle', json.encode, circle)\n"
	    "raises('no form', json.encode, { f = print })\n"
	    "raises('no form', json.encode, { coroutine.create(print) })\n"
	    "raises('not finite', json.encode, { 1 / 0 })\n"
	    "raises('not finite', json.encode, 0 / 0)\n"
	    "raises('key is no text', json.encode, { [true] = 1 })\n"
	    "raises('key is no text', json.encode, { ['\\255'] = 1 })\n"
	    "raises('key is no text', json.encode, { ['a\\0b'] = 1 })\n"
	    "raises('same text', json.encode, { [2] = 1, ['2'] = 2 })\n"
	    "raises('', json.encode) raises('', json.decode, {})");
}

static void
files_and_paths_are_read_and_made(void **state)
{
	(void)state;
	lua_pushstring(L, lab_path("file"));
	lua_setglobal(L, "path");
	lua("local none, err = engine.await_path(path, 0.01)\n"
	    "same(err.code, 'ETIMEDOUT')\n"
	    "none, err = engine.await_path(path .. '/no/such', 0.01)\n"
	    "assert(none == nil and err.code)\n"
	    "local t = engine.task(function() return engine.await_path(path, 60) end)\n"
	    "engine.elapse(0)\n"
	    "io.open(path, 'w'):close()\n"
	    "same(t:join(60)[2], true)\n"
	    "same(engine.fs.stat(path).type, 'file')\n"
	    "none, err = engine.fs.stat(path .. 'x')\n"
	    "same(err.code, 'ENOENT')\n"
	    "same(engine.fs.rmtree(path), true) same(engine.fs.rmtree(path), true)\n"
	    "none, err = engine.fs.list(path)\n"
	    "same(err.code, 'ENOENT')\n"
	    "engine.fs.mkdir(path)\n"
	    "for _, name in ipairs { 'c', '.a', 'b', 'B' } do engine.fs.mkdir(path .. '/' .. name) end\n"
	    "same(table.concat(engine.fs.list(path), ' '), '.a B b c')\n"
	    "engine.fs.rmtree(path)\n"
	    "none, err = engine.unix(path, 'x')\n"
	    "same(err.code, 'ENOENT')");
}

static int signals_seen;

static void
on_term(uv_signal_t *uv, int sig)
{
	(void)uv;
	signals_seen += sig == SIGTERM;
}

static void
big_counters(void *arg, struct fake_telemetry *f, const char *command)
{
	(void)arg;
	fake_telemetry_text(
		f, "{\"%s\":{\"rx_good_packets\":5,\"rx_good_bytes\":18446744073709551615}}",
		command);
}

static void
a_big_counter_of_telemetry_does_not_spoil_the_others(void **state)
{
	const char *path = lab_path("v2");
	char code[512];
	struct fake_telemetry *fake;

	(void)state;
	fake = fake_telemetry_new(path, FAKE_TELEMETRY_GREETING, big_counters, NULL);
	snprintf(
		code, sizeof(code),
		"local client = assert(engine.telemetry(here, '%s'))\n"
		"local all = assert(client:ask '/all')\n"
		"same(all.rx_good_packets, 5)\n"
		"raises('rx_good_bytes: 18446744073709551615 does not fit', function() return all.rx_good_bytes end)\n"
		"client:close()",
		path);
	lua(code);
	fake_telemetry_free(fake);
}

static void
telemetry_has_its_greeting(void **state)
{
	const char *path = lab_path("v2");
	char code[512];
	struct fake_telemetry *fake;

	(void)state;
	fake = fake_telemetry_new(path, FAKE_TELEMETRY_GREETING, NULL, NULL);
	snprintf(code, sizeof(code),
		 "local client = assert(engine.telemetry(here, '%s'))\n"
		 "for _ = 1, 2 do\n"
		 "  same(client:greeting().pid, 4711)\n"
		 "  same(client:greeting().version, 'DPDK 22.11.11')\n"
		 "  client:close()\n"
		 "end",
		 path);
	lua(code);
	fake_telemetry_free(fake);
}

/* Behind its guard: 0 when it got the signals before and after the fork, and all closes. */
static int
guarded_worker(void)
{
	uv_signal_t term;

	uv_signal_init(loop(), &term);
	uv_signal_start(&term, on_term, SIGTERM);
	raise(SIGTERM);
	lua("assert(engine.guard())");
	raise(SIGTERM);
	for (int i = 0; i < 100 && signals_seen < 2; i++)
		loop_turn(true);
	loop_fini();
	return signals_seen == 2 ? 0 : 10 + signals_seen;
}

static void
a_signal_just_before_the_guard_is_handled(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		uv_loop_fork(loop());
		/* one that hangs ends, and its guard with it */
		alarm(20);
		_exit(guarded_worker());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
poll_once_returns_deadlines_and_interruptions(void **state)
{
	(void)state;
	lua("same(engine.poll_once(), nil)\n"
	    "same(engine.poll_once(engine.now() + 100), nil)\n"
	    "same(engine.poll_once(engine.now() - 1), 'late')\n"
	    "local answer\n"
	    "local task = engine.task(function()\n"
	    "  pcall(engine.elapse, 100)\n"
	    "  answer = engine.poll_once(0)\n"
	    "end)\n"
	    "engine.elapse(0)\n"
	    "task:cancel()\n"
	    "task:join(5)\n"
	    "same(answer, 'interrupted')");
}

static int
l_secretly_waits(lua_State *co)
{
	wait_arm(task_wait(co, NULL, NULL), 0, NULL, NULL);
	return task_park(co);
}

static const struct bind_row secret_rows[] = {
	{ "wait", l_secretly_waits, BIND_ACT },
	{ NULL, NULL, 0 },
};

static void
a_wait_in_a_row_without_WAIT_ends_the_process(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		uv_loop_fork(loop());
		close(STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		prctl(PR_SET_DUMPABLE, 0);
		alarm(20);
		lua_newtable(L);
		bind_rows(L, "secret", secret_rows, BIND_FUNCTIONS);
		lua_setglobal(L, "secret");
		lua("secret.wait()");
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void
only_a_cancelled_task_gets_a_marked_error(void **state)
{
	(void)state;
	lua("local parked, refused, text\n"
	    "local task = engine.task(function()\n"
	    "  parked = select(2, engine.elapse(100))\n"
	    "  local ok\n"
	    "  ok, refused = pcall(engine.elapse, 100)\n"
	    "end)\n"
	    "engine.elapse(0)\n"
	    "task:cancel()\n"
	    "task:join(5)\n"
	    "same(parked.code .. tostring(parked.cancelled), 'ECANCELEDtrue')\n"
	    "same(refused.code .. tostring(refused.cancelled), 'ECANCELEDtrue')\n"
	    "same(tostring(refused), 'wait: interrupted')\n"
	    "same(select(2, engine.event():wait(0)).cancelled, nil)\n"
	    "same(engine.error { code = 'ECANCELED', op = 'x', what = 'y' }.cancelled, nil)");
}

#define BIND_TEST(f) cmocka_unit_test_setup_teardown(f, boot, shut)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BIND_TEST(unknown_options_name_the_nearest),
		BIND_TEST(unknown_methods_name_the_nearest),
		BIND_TEST(wrong_types_are_named),
		BIND_TEST(commands_run),
		BIND_TEST(variables_are_checked),
		BIND_TEST(a_missing_folder_is_named),
		BIND_TEST(error_objects_print),
		BIND_TEST(consoles_reply_and_fail),
		BIND_TEST(closed_handles_are_named),
		BIND_TEST(handles_may_be_collected_while_it_runs),
		BIND_TEST(tasks_join_and_fail),
		BIND_TEST(json_is_the_same_after_a_round_trip),
		BIND_TEST(json_keys_come_in_the_order_asked),
		BIND_TEST(a_number_that_does_not_fit_is_named_where_it_is_used),
		BIND_TEST(a_text_is_no_number_that_does_not_fit),
		BIND_TEST(a_big_counter_of_telemetry_does_not_spoil_the_others),
		BIND_TEST(hostile_json_is_refused),
		BIND_TEST(files_and_paths_are_read_and_made),
		BIND_TEST(telemetry_has_its_greeting),
		BIND_TEST(poll_once_returns_deadlines_and_interruptions),
		BIND_TEST(only_a_cancelled_task_gets_a_marked_error),
		BIND_TEST(a_signal_just_before_the_guard_is_handled),
		BIND_TEST(a_wait_in_a_row_without_WAIT_ends_the_process),
	};

	return LAB_RUN("bind", tests, NULL, NULL);
}
