-- replay: what a case did is the same again from its record alone, however it ended; where a scenario was changed, it
-- reports where it departs.

local engine = require "engine"

local moonrig = require "specs.moonrig"
local replay = require "replay.replay"

local rig = moonrig.new()
local out = rig.work .. "/out"

-- A program with a prompt: it repeats its commands, and quits.
local ECHO = [[while printf 'prompt> '; read -r line; do [ "$line" != quit ] || exit 0; echo "told $line"; done]]

local PROMPT = ([[
local function program(name)
  local p = t:mp { program = "sh", name = name, eal = {}, args = {}, ready = "prompt> ", quit = "quit" }
  return p
end
local c = t:here():spawn({ "sh", "-c", %q }, { name = "echo", quit = "quit", pipes = true })
c:set_prompt("prompt> "):await_prompt(5)
]]):gsub("local function program.-\nend\n", ""):format(ECHO)

local END = ' c:close(5) '

-- { name = { verdict, steps, the header's more } }
local CASES = {
  passes = { "PASS", PROMPT .. [[
    t:phase "talk"
    t:match(c:command("one", 5), "told one", "it answers")
    t:phase "end" t:value("n", 3) t:note "noted" t:elapse(0.01) ]] .. END },
  fails = { "FAIL", PROMPT .. [[t:match(c:command("one", 5), "told two", "it answers")]] .. END },
  errs = { "ERROR", PROMPT .. [[c:expect("never", 0.1)]] },
  raises = { "ERROR", [[local nothing = nil; t:equal(1, 1, "one") nothing.x = 1]] },
  misuses = { "ERROR", [[t:here():run({ "true" }, { nonsense = 1 })]] },
  ["asks for no method"] = { "ERROR", PROMPT .. [[c:comand("one", "x", 1)]] },
  ["calls a method with a dot"] = { "ERROR", PROMPT .. [[c.command("one", "x", 1)]] },
  ["reads a file's nonsense"] = { "ERROR", [[io.open("/proc/uptime"):nonsense()]] },
  ["takes a file's method before it opens one"] = { "PASS", [[
    local read = io.stdin.read
    local f = io.open "/proc/uptime"
    t:match(read(f, "*l"), "%d", "it reads") f:close()]] },
  ["takes another type"] = { "ERROR", [[t:here():run("true")]] },
  ["calls a command of two lines"] = { "ERROR", PROMPT .. [[c:command("a\nb", 1)]] },
  skips = { "SKIP", [[t:skip "no reason"]] },
  ["known"] = { "XFAIL", [[t:equal(1, 2, "one")]], [[known_issue = { why = "w", says = "one" },]] },
  ["passes now"] = { "XPASS", [[t:equal(1, 1, "one")]], [[known_issue = { why = "w", says = "one" },]] },
  ["checks nothing"] = { "ERROR", [[t:elapse(0.01)]] },
  ["leaves open"] = { "ERROR", PROMPT .. [[t:equal(1, 1, "one")]] },
  ["ends unseen"] = { "ERROR", [[local p = t:mp { program = "true", proc_type = "auto" }
    p.console:await_exit(5) t:equal(1, 1, "one")]] },
  ["is late"] = { "ERROR", [[t:elapse(30)]], [[timeout = 0.3,]] },
  ["catches its end"] = { "ERROR", [[pcall(t.elapse, t, 30) t:equal(1, 1, "one")]], [[timeout = 0.3,]] },
  computes = { "ERROR", [[while true do end]], [[timeout = 0.3,]] },
  ["looks in a circle"] = { "ERROR", [[while true do os.clock() end]], [[timeout = 0.3,]] },
  cells = { "ERROR", [[
    t:cell("good", function() t:equal(1, 1, "one") end)
    t:cell("bad", function() t:equal(1, 2, "one") end)
    t:cell("worse", function() error "oh" end)]] },
  tasks = { "PASS", [[
    local order = {}
    local function count(name, seconds)
      for i = 1, 5 do t:elapse(seconds) order[#order + 1] = name .. i end
      return name
    end
    local a, b = t:spawn(count, "a", 0.004), t:spawn(count, "b", 0.003)
    t:equal(a:join(5) .. b:join(5), "ab", "both came back")
    t:value("order", table.concat(order, " "))]] },
  ["a task fails"] = { "ERROR", [[
    local a = t:spawn(function() t:elapse(0.01) error "in the task" end)
    t:equal(1, 1, "one") a:join(5)]] },
  ["does something unrecorded"] = { "PASS", [[
    local recorder = package.loaded["recorder.recorder"]
    local program = t:here():spawn({ "cat" }, { name = "cat" })
    local task
    local function person(name)
      t:elapse(0.01) program:type("aside\n") program:expect("aside", 5)
      task = t:spawn(function() for i = 1, 3 do t:here():run { "true" } t:elapse(0.01) end end)
    end
    recorder.unrecorded(person, "x")
    local other = t:spawn(function() t:elapse(0.02) t:value("clock", t:here():run({ "date", "+%N" }).out) return 7 end)
    program:type("asked\n") program:expect("asked", 5)
    t:equal(other:join(5), 7, "it came back")
    if task then recorder.unrecorded(function() task:join(5) end) end
    t.ctx.tasks = {}
    program:close(5)]] },
  ["hands a node on"] = { "ERROR", [[t:equal(type(t:here()), "userdata", "a handle")
    t:mp({ program = "true" }, t:here()).console:await_exit(5)]] },
  pauses = { "PASS", [[t:phase "a" t:pause "look here" t:elapse(0.01) t:equal(1, 1, "one")]] },
  ["sets up"] = { "PASS", [[t:equal(..., 7, "what was set up") t:elapse(0.01)]],
    [[timeout = 20, setup = function(t) t:here():run { "true" } return 7 end,]] },
  ["a task still waits"] = { "ERROR", [[t:spawn(function() t:elapse(30) end) t:elapse(0.01) t:equal(1, 1, "one")]] },
  ["is told what is no text"] = { "ERROR", [[error("\255\0x")]] },
  ["waits in a coroutine"] = { "ERROR", [[coroutine.wrap(function() t:elapse(0.01) end)()]] },
  ["is eventually so"] = { "PASS", [[
    local n = 0
    t:eventually(5, function() n = n + 1 return n > 3 end, "three") ]] },
  ["is never so"] = { "FAIL", [[t:eventually(0.2, function() return false end, "never")]] },
  bytes = { "PASS", [[
    local r = t:here():run { "printf", "\\377\\000\\303(\\302\\200\\n\\357\\277\\275" }
    t:equal(r.out, "\255\0\195(\194\128\n\239\191\189", "each byte")
    t:equal(#t:here():run({ "head", "-c", "200000", "/dev/zero" }).out, 200000, "all of it") ]] },
  looks = { "PASS", PROMPT .. [[t:value("path", #os.getenv "PATH") t:equal(c:tail(3), c:tail(3), "tail")]] .. END },
  files = { "PASS", [[
    local name, other = os.tmpname(), os.tmpname()
    t:truthy(name ~= other, "two names")
    local f = assert(io.open(name, "w"))
    t:equal(f:write("one\n", 2, "\nthree\n"), true, "written") t:equal(f:close(), true, "closed")
    t:equal(os.rename(name, other), true, "renamed")
    t:truthy(io.open(name) == nil, "gone")
    t:match(select(2, io.open(name)), "No such file", "the reason")
    local u = assert(io.open(other, "r+"))
    t:equal(u:read "*l", "one", "read") u:write "TWO" t:equal(u:seek "set", 0, "sought") t:equal(u:read(4), "one\n", "again")
    t:equal(u:seek("end") > 8, true, "its end") t:truthy(u:read(1) == nil, "no more") u:close()
    t:equal(io.type(u), "closed file", "closed") t:match(select(2, pcall(u.write, u, "x")), "closed file", "no more")
    t:equal(os.remove(other), true, "removed") t:truthy(not os.remove(other), "no longer")]] },
  ["fails to write"] = { "PASS", [[
    local f, why = io.open("/no/such/folder/x", "w")
    t:truthy(f == nil, "no file") t:match(why, "No such file or directory", "why")
    local full = assert(io.open("/dev/full", "w"))
    t:equal(full:write "x", true, "in the buffer") t:truthy(full:flush() == nil, "not beyond it") full:setvbuf "no"
    local ok, words = full:write "x"
    t:truthy(ok == nil, "not written") t:match(words, "No space left on device", "why") full:close()]] },
  ["reads by lines"] = { "PASS", [[
    local name, sum, count = os.tmpname(), 0, 0
    local f = io.open(name, "w") for i = 1, 5000 do f:write(i % 7, "\n") end f:close()
    for line in io.lines(name) do count, sum = count + 1, sum + tonumber(line) end
    t:equal(count, 5000, "each line") t:equal(sum, 14997, "what is in them")
    for a, b in io.lines(name, "*n", "*n") do t:equal(a + b, 3, "two numbers") break end
    local bytes = 0 for _ in io.open(name):lines(1) do bytes = bytes + 1 end t:equal(bytes, 10000, "by the byte")
    local ok, why = pcall(io.lines, "/no/such") t:equal(ok, false, "it raises") t:match(why, "No such file", "why")
    os.remove(name)]] },
  ["uses io's own files"] = { "PASS", [[
    local name, before = os.tmpname(), io.output()
    io.output(name) io.write("one\n", 2, "\nthree\n") io.close() io.output(before)
    io.input(name) t:equal(io.read "*l", "one", "a line") t:equal(io.read "*n", 2, "a number") io.read "*l"
    for line in io.lines() do t:equal(line, "three", "the rest") end
    t:equal(io.type(io.input()), "file", "a file") io.input(io.stdin) t:truthy(io.read "*l" == nil, "nothing is typed")
    local f = io.tmpfile() f:write "x" f:seek "set" t:equal(f:read "*a", "x", "a nameless file") f:close()
    local p = io.popen "echo a; echo b" t:equal(p:read "*l", "a", "its output")
    for line in p:lines() do t:equal(line, "b", "its rest") end t:equal(p:close(), true, "closed") os.remove(name)]] },
  ["has much that is no text"] = { "PASS", [[
    local out = t:here():run({ "sh", "-c", "head -c 285000 /dev/urandom; printf '\\377'" }).out
    t:equal(#out, 285001, "its length") t:value("sum", #out:gsub("[\128-\255]", ""))
    local f = io.open("/proc/self/exe", "rb") local head = f:read(300000) f:close()
    t:match(head, "^\127ELF", "a program") t:equal(#head, 300000, "long")]] },
  world = { "PASS", [[
    t:truthy(os.getenv "PATH", "there is a path")
    t:value("time", os.time()) t:value("date", os.date()) t:value("clock", os.clock())
    local f = assert(io.open("/proc/uptime")) t:value("uptime", f:read "*l") f:close()
    for line in io.lines "/proc/loadavg" do t:value("load", line) end
    t:equal(io.open "/no/such/file", nil or (select(1, io.open "/no/such/file")) or nil, "nothing") ]] },
}
CASES.world[2] = CASES.world[2]:gsub("t:equal%(io.-\n", ""):gsub('    t:equal%(io.*$', 't:truthy(not io.open "/no/such/file", "none")')

local plan_files = {}
for name, c in pairs(CASES) do
  plan_files[name] = ('return rig.case { name = "x", %s run = function(t, ...)\n%s\nend }'):format(
    (c[3] or "timeout = 20,"), c[2])
end
local plan = rig:plan("plan", plan_files)
local code, said = rig:call({ "run", plan, "-o", out }, nil, 100)
local run = assert(moonrig.results(out), said)

local function case_named(name)
  for _, c in ipairs(run.cases) do
    if c.name == name then return c end
  end
end

local function folder(name) return ("%s/latest/plan.%s"):format(out, name) end

local function recorded(name)
  return assert(engine.json.decode(moonrig.read(folder(name) .. "/result.json")))
end

describe("a case that is replayed", function()
  it("was recorded", function() assert.equal(3, code, said) end)

  for name, c in pairs(CASES) do
    it(name .. ", and ends as it did", function()
      assert.equal(c[1], (case_named(name) or {}).status, tostring((case_named(name) or {}).reason))
      local r = replay.case(folder(name))
      assert.is_nil(r.departure)
      assert.is_false(r.is_edited)
      -- only the recorded run notes that nobody attached
      if name == "pauses" then return assert.is_nil(replay.difference(recorded(name), r.result)) end
      if name == "computes" or name == "looks in a circle" then
        -- a loop is ended where it happens to be
        assert.matches("it computes and does not wait", r.result.reason)
        return assert.equal(c[1], r.result.status)
      end
      assert.equal(engine.json.encode(recorded(name)), engine.json.encode(r.result))
    end)
  end
end)

-- The case's folder with its scenario changed; what the replay of the file as it is now says.
local function edited(name, old, new)
  local file = ("%s/%s.lua"):format(plan, name)
  local text = plan_files[name]
  local first, last = text:find(old, 1, true)
  assert(first, "nothing to change: " .. old)
  rig:write(("plan/%s.lua"):format(name), text:sub(1, first - 1) .. new .. text:sub(last + 1))
  local ok, r = pcall(replay.case, folder(name))
  local ok2, as_it_ran = pcall(replay.case, folder(name), { recorded = true })
  rig:write(("plan/%s.lua"):format(name), text)
  assert(ok, r)
  assert(ok2, as_it_ran)
  assert.is_true(r.is_edited)
  assert.equal(case_named(name).status, as_it_ran.result.status)
  return r, file
end

describe("a scenario that was changed", function()
  it("departs at the line of a command that is another", function()
    local r, file = edited("passes", 'command("one"', 'command("eins"')
    local line = file .. ":5"
    assert.equal(("%s: it departs from the recording: echo: command \"eins\"; recorded: "):format(line)
      .. 'echo: command "one"', r.departure)
    assert.is_nil(r.result)
  end)

  it("departs at a command that is new", function()
    local r, file = edited("passes", 't:phase "end"', 'c:command("two", 5) t:phase "end"')
    assert.equal(file .. ':6: it departs from the recording: echo: command "two"; recorded: elapse 0.01',
      r.departure)
  end)

  it("departs where a command is gone", function()
    local r, file = edited("passes", "t:elapse(0.01)", "")
    assert.equal(file .. ":6: it departs from the recording: echo: close; recorded: elapse 0.01", r.departure)
    r = edited("passes", END, "")
    assert.equal("it ends before the recording; next recorded: echo: close", r.departure)
  end)

  it("departs where a program is started in another way", function()
    local r = edited("passes", 'name = "echo"', 'name = "other"')
    assert.matches(':2: it departs from the recording: spawn: argument 2%.name is "other", recorded "echo"$', r.departure)
  end)

  it("has the verdict of its new checks, where it asks for the same", function()
    local r = edited("passes", '"told one"', '"told four"')
    assert.is_nil(r.departure)
    assert.equal("FAIL", r.result.status)
    assert.matches("it answers: expected a match of", r.result.reason)
    assert.equal("the verdict is FAIL, recorded PASS", replay.difference(recorded "passes", r.result))
    r = edited("fails", '"told two"', '"told one"')
    assert.matches(":4: it departs from the recording: echo: close; recorded: nothing more$", r.departure)
  end)

  it("names the failed check before it", function()
    local r = edited("cells", 't:equal(1, 1, "one") end)', 't:equal(1, 3, "three") end) t:elapse(0.01)')
    assert.matches("it departs from the recording: elapse 0.01; recorded: close_all %(after a failed check: three%)$"
      , (r.departure:gsub("recorded: .- %(", "recorded: close_all (")))
  end)

  it("may look more often, and wait as long as it likes", function()
    local r = edited("looks", 't:value("path"', 'os.getenv "PATH" c:tail(3) t:value("path"')
    assert.equal("PASS", (r.result or {}).status, r.departure)
    r = edited("passes", "await_prompt(5)", "await_prompt(50)")
    assert.equal("PASS", (r.result or {}).status, r.departure)
  end)

  -- { the name of a case, its old text, the new one, what the recording does not have }
  for _, e in ipairs {
    { "passes", 't:phase "end"', 'os.time() t:phase "end"', "time" },
    { "passes", 't:phase "end"', 'os.getenv "NONE_OF_IT" t:phase "end"', 'getenv "NONE_OF_IT"' },
    { "passes", 't:phase "end"', 't:match(c:tail(3), "x", "x") t:phase "end"', "echo: tail 3" },
    { "passes", 't:phase "end"', 't:truthy(io.open "/etc/passwd", "it") t:phase "end"', 'open "/etc/passwd"' },
    { "passes", 't:phase "end"', 'os.tmpname() t:phase "end"', "tmpname" },
    { "passes", 't:phase "end"', 'io.read() t:phase "end"', "read" },
    { "passes", 't:phase "end"', 'pcall(io.lines, "/etc/passwd") t:phase "end"', 'open "/etc/passwd"' },
    { "passes", 't:phase "end"', 'pcall(dofile, "/no/such.lua") t:phase "end"', 'loadfile "/no/such.lua"' },
    { "passes", 't:phase "end"', 'pcall(require, "no_such_one") t:phase "end"', 'loadfile "' },
    { "files", 'u:read "*l"', 'u:read "*n"', 'read "*n"' },
    { "files", "u:close()", 'u:read "*l" u:close()', 'read "*l"' },
    { "files", 'local f = assert', 'os.tmpname() local f = assert', "tmpname" },
  } do
    it(("reads what the recording does not have: %s"):format(e[3]), function()
      local r = edited(e[1], e[2], e[3])
      assert.is_nil(r.result)
      assert.equal("lacks", r.how)
      local file = ("%s/%s.lua"):format(plan, e[1])
      local words = r.departure:match "^(.-:)%d+: the recording does not have it: "
      assert.equal(file .. ":", words, r.departure)
      assert.is_truthy(r.departure:find(e[4], #words, true), r.departure)
    end)
  end

  it("names the file of which it reads more", function()
    local r = edited("files", 'u:read "*l"', 'u:read "*n"')
    assert.matches('the recording does not have it: /tmp/[^ ]*: read "%*n"$', r.departure)
  end)

  it("may write more files: nothing is written", function()
    local r = edited("files", "u:close()", 'local more = io.open("/no/such/more", "w") more:write "x" more:close() u:close()')
    assert.equal("PASS", (r.result or {}).status, r.departure)
  end)

  it("reports that it cannot be loaded", function()
    local r = edited("passes", "t:phase", "syntax error here")
    assert.matches("^it cannot be loaded: .*passes.lua:%d+: ", r.departure)
  end)
end)

describe("the difference of two results", function()
  local function result(status, reason, checks, phases)
    return { status = status, reason = reason, checks = checks, phases = phases }
  end
  local ONE, TWO = { what = "one", ok = true }, { what = "two", ok = true }
  local was = result("PASS", nil, { ONE, TWO }, { { name = "a", seconds = 1 } })

  it("is none where all is the same, whatever the order of checks and the time", function()
    assert.is_nil(replay.difference(was, result("PASS", nil, { TWO, ONE }, { { name = "a", seconds = 2 } })))
  end)

  it("is the verdict, the reason, a check, a phase", function()
    local function found(...) return replay.difference(was, result(...)) end
    assert.equal("the verdict is FAIL, recorded PASS", found("FAIL", "x", {}, {}))
    assert.equal('the reason is "x", recorded nil', found("PASS", "x", {}, {}))
    assert.equal('a check is "ok three", recorded "ok two"', found("PASS", nil, { ONE, { what = "three", ok = true } }, {}))
    assert.equal('a check is "NOT OK two", recorded "ok one"', found("PASS", nil, { ONE, { what = "two", ok = false } }, {}))
    assert.equal('a check is nil, recorded "ok two"', found("PASS", nil, { ONE }, {}))
    assert.equal('a phase is "b", recorded "a"', found("PASS", nil, { ONE, TWO }, { { name = "b" } }))
  end)
end)

describe("a record that breaks off", function()
  it("reports where it ends", function()
    local from = folder "passes"
    local copy = rig.work .. "/broken"
    assert(engine.fs.mkdir(copy))
    local recorder = moonrig.read(from .. "/recording.jsonl")
    local cut = assert(recorder:find('{"at":%d+,"task":%d+,"op":"console.command"'))
    rig:write("broken/recording.jsonl", recorder:sub(1, cut + 20))
    local r = replay.case(copy)
    assert.equal("ends", r.how)
    assert.matches('passes.lua:5: the recording ends here, before: echo: command "one"', r.departure)
  end)

  it("is none, where it is no recording", function()
    local copy = rig.work .. "/none"
    assert(engine.fs.mkdir(copy))
    assert.error_matches(function() replay.case(copy) end, "no recording in .*none")
    rig:write("none/recording.jsonl", "nonsense\n")
    assert.error_matches(function() replay.case(copy) end, "recording.jsonl: line 1: ")
    rig:write("none/recording.jsonl", '{"recording":99}\n')
    assert.error_matches(function() replay.case(copy) end, "unknown format: this moonrig reads format 1")
  end)
end)

lazy_teardown(function() rig:remove() end)
