-- ssh_round_trip: the time of a command over SSH, at the prompt of a program that answers at once.
local UNTIMED = 20
local PROMPT = "\ntestpmd> "

return rig.case {
  name = "round trips at a prompt over SSH", timeout = 300,

  run = function(t)
    local count = tonumber(os.getenv "BENCH_COUNT")
    local node = t:node { name = "loopback", host = "127.0.0.1", port = tonumber(os.getenv "BENCH_PORT"),
      user = os.getenv "BENCH_USER", key = os.getenv "BENCH_KEY", host_key = os.getenv "BENCH_HOST_KEY" }
    local console = assert(node:spawn({ os.getenv "BENCH_PROGRAM", os.getenv "BENCH_REPLY" }, { quit = "quit" }))
    assert(console:set_prompt(PROMPT):await_prompt(10))
    for _ = 1, UNTIMED do assert(console:command("show", 10)) end
    local since, reply = t.ctx:clock(), nil
    for _ = 1, count do reply = assert(console:command("show", 10)) end
    t:value("seconds", (t.ctx:clock() - since) / count)
    t:match(reply, "RX%-packets", "the last reply is a whole one")
    console:close(10)
    node:close()
  end,
}
