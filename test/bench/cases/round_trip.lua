-- round_trip: the time of a command at testpmd's prompt.
local UNTIMED = 20

return rig.case {
  name = "round trips at testpmd's prompt", needs = { "testpmd" }, timeout = 300,

  run = function(t)
    local count, line = tonumber(os.getenv "BENCH_COUNT"), os.getenv "BENCH_LINE"
    local pmd, reply = t:testpmd { vdevs = { "net_null0" } }, nil
    for _ = 1, UNTIMED do pmd:command(line) end
    local since = t.ctx:clock()
    for _ = 1, count do reply = pmd:command(line) end
    t:value("seconds", (t.ctx:clock() - since) / count)
    t:truthy(reply:find(os.getenv "BENCH_PATTERN", 1, true), "the last reply is a whole one")
    pmd:quit()
  end,
}
