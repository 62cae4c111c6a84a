-- many: consoles at once in one engine, each with a command in flight.
local memory = require "memory"

local PROMPT = "\ntestpmd> "

return rig.case {
  name = "many consoles at once", timeout = 500,

  run = function(t)
    local count, program = tonumber(os.getenv "BENCH_COUNT"), os.getenv "BENCH_PROGRAM"
    local rounds = math.ceil(tonumber(os.getenv "BENCH_COMMANDS") / count)
    local consoles, answered, before = {}, 0, memory "VmRSS"
    for i = 1, count do
      consoles[i] = assert(t:here():spawn({ program, os.getenv "BENCH_REPLY" }, { name = "many", quit = "quit" }))
    end
    for _, console in ipairs(consoles) do assert(console:set_prompt(PROMPT):await_prompt(60)) end
    local function ask(console)
      local reply = assert(console:command("show", 60))
      if reply:find("RX-packets", 1, true) then answered = answered + 1 end
    end
    local function ask_all()
      local tasks = {}
      for i, console in ipairs(consoles) do tasks[i] = t:spawn(ask, console) end
      for _, task in ipairs(tasks) do task:join(120) end
    end
    ask_all()
    local since = t.ctx:clock()
    for _ = 1, rounds do ask_all() end
    t:value("seconds", (t.ctx:clock() - since) / rounds / count)
    t:value("kib", (memory "VmRSS" - before) / count)
    t:equal(answered, count * (rounds + 1), "each was answered")
    for _, console in ipairs(consoles) do console:type "quit\n" end
    for _, console in ipairs(consoles) do console:await_exit(60) end
  end,
}
