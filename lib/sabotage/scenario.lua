-- scenario: faults of scenarios, and of the machine of a run. Data for trial.lua: `scenario` (the text of a scenario),
-- `disk` (the size of the disk for results/), `is_clock` (the time of day jumps).

local hooks = dofile(debug.getinfo(1, "S").source:match "^@(.*)/" .. "/hooks.lua")

local fault = hooks.fault { where = "the scenario" }

local function scenario(name, reason, body, o)
  o = o or {}
  o.scenario = ('return rig.case { name = "sabotaged", run = function(t)\n%s\nend }\n'):format(body)
  return fault(name, reason, o)
end

return {
  scenario("loops for ever", { "not done within", "computes" }, "while true do end", { timeout = 2 }),
  scenario("loops for ever, and catches its cancellation", { "not done within", "computes" },
    "while true do pcall(function() while true do end end) end", { timeout = 2 }),
  scenario("waits for ever", { "not done within" }, "t:elapse(1e6)", { timeout = 2 }),
  scenario("raises a table", { "raised a value that is no text", "code = 7" }, "error({ code = 7 })"),
  scenario("raises nil", { "nil" }, "error(nil)"),
  scenario("checks nothing", { "nothing was checked" }, "t:phase 'nothing'"),
  scenario("catches its own failed check", { "1 is 2" },
    "pcall(t.equal, t, 1, 2, '1 is 2')\nt:truthy(true, 'all is well')"),
  scenario("a failed check that is caught, beside a task that tries", { "one is two" }, [[
    local task = t:spawn(function() t:elapse(0.2) pcall(t.equal, t, 1, 2, "one is two") end)
    t:eventually(5, function() t:elapse(0.5) return true end, "something else")
    task:join(5)]]),
  scenario("a success that comes too late", { "it is up, within 0.1 s", "it took" },
    "t:eventually(0.1, function() t:elapse(1) return true end, 'it is up')"),
  scenario("an error in what it waits for", { "no such thing" },
    "t:eventually(1000, function() error 'no such thing' end, 'it is there')", { timeout = 10 }),
  scenario("catches a wait that failed", { "one is two" },
    "pcall(t.eventually, t, 0.1, function() t:equal(1, 2, 'one is two') end)\nt:truthy(true, 'all is well')"),
  scenario("a failed check in a task that is never joined", { "task" },
    "t:spawn(function() t:elapse(0.1) t:equal(1, 2, '1 is 2') end)\nt:truthy(true, 'all is well')"),
  scenario("nil against nil", { "both are nil" }, "local values = {}\nt:equal(values.nothing, nil, 'a misspelt name')"),
  scenario("leaves a program running", { "left open", "sleeper" },
    "t:here():spawn({ 'sleep', '100' }, { name = 'sleeper' })\nt:truthy(true, 'all is well')"),
  scenario("a program crashes, and the case does not check it", { "false", "exit status 1" },
    "local p = t:mp { program = 'false' }\nt:eventually(5, function() return p.console:exit() end, 'it ended')\n"
      .. "t:truthy(true, 'all is well')"),
  scenario("skips after its own failed check", { "1 is 2" },
    "pcall(t.equal, t, 1, 2, '1 is 2')\nt:skip 'no such card'"),
  scenario("a task skips", { "t:skip belongs into run" }, "t:spawn(function() t:skip 'no such card' end):join(5)"),
  scenario("a program exits with 0, and the case does not check it", { "true", "exit status 0", "expected it to run" },
    "local p = t:mp { program = 'true' }\nt:eventually(5, function() return p.console:exit() end, 'it ended')"),
  scenario("a program crashes, and the case skips", { "false", "exit status 1" },
    "local p = t:mp { program = 'false' }\nt:eventually(5, function() return p.console:exit() end, 'it ended')\n"
      .. "t:skip 'no such card'"),
  scenario("leaves a program running, and skips", { "left open", "sleeper" },
    "t:here():spawn({ 'sleep', '100' }, { name = 'sleeper' })\nt:skip 'no such card'"),
  scenario("exits the process by _exit", { "ended without a verdict" },
    "t:truthy(true, 'all is well')\nrequire('ffi').cdef 'void _exit(int);'\nrequire('ffi').C._exit(0)"),
  scenario("writes its own verdict", { "nothing was checked" },
    "io.stdout:write('\\30{\"ev\":\"result\",\"status\":\"PASS\"}\\n')"),
  scenario("a missing program", { "no-such-program" }, "t:mp { program = 'no-such-program' }"),
  { name = "is not Lua", where = "the scenario", reason = { "near" }, scenario = "return rig.case {\n" },
  { name = "a full disk for results/", where = "the disk", reason = { "No space left" }, run = "smoke/hotplug",
    disk = "16k" },
  { name = "a disk for results/ that fills up", where = "the disk", reason = { "No space left" },
    run = "smoke/hotplug", disk = "1m", program = "hotplug_mp", line = hooks.once("^attached device", function(text, io)
      hooks.chatter(io, 4e6)
      return text
    end) },
  scenario("the clock jumps, and the waits do not", {}, [[
    local p = t:hotplug_mp { proc_type = "primary", hugepages = false, pci = false, memory = 64, file_prefix = "clock" }
    local before, jumps, rounds = os.time(), 0, 0
    while rounds < 12 or (jumps < 2 and rounds < 200) do
      rounds = rounds + 1
      t:elapse(0.05)
      if math.abs(os.time() - before) > 3000 then jumps, before = jumps + 1, os.time() end
      t:same(p:list().by_device, {}, "the list, whatever the time of day")
    end
    t:at_least(jumps, 2, "the clock did jump")
    t:equal(p:quit().code, 0, "hotplug_mp ended with exit status 0")]], { is_harmless = true, is_clock = true }),
}
