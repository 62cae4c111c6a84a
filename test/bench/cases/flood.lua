-- flood: the time and memory for much output with the prompt at its end.
local memory = require "memory"

local PROMPT = "\ntestpmd> "

return rig.case {
  name = "a prompt behind much output", timeout = 550,

  run = function(t)
    local bytes = tonumber(os.getenv "BENCH_BYTES")
    local console = assert(t:here():spawn({ os.getenv "BENCH_PROGRAM", "0", os.getenv "BENCH_BYTES" },
      { name = "flood", quit = "quit" }))
    assert(console:set_prompt(PROMPT):await_prompt(10))
    local before, since = memory "VmHWM", t.ctx:clock()
    local ok, text = pcall(console.command, console, "flood", 500)
    t:value("seconds", t.ctx:clock() - since)
    t:value("growth", memory "VmHWM" - before)
    -- the last 1 to 2 MiB are kept; what came before is dropped and counted
    local seen = ok and #text or tonumber(text.what:match "the first (%d+) bytes are dropped") + 2 ^ 20
    t:at_least(seen, bytes - bytes / 70, "all of it was read")
    console:close(10)
  end,
}
