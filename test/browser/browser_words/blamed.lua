-- blamed: a check that fails and names one of several consoles. A case for the box of a failure in the report
-- (test/browser/browser.sh).

local engine = require "engine"

local SHELL = [[printf 'one is up\nready> '
while read -r line; do
  case $line in
  quit) echo farewell; exit ;;
  many) seq -f 'many %.0f' 20 ;;
  *) echo "did $line" ;;
  esac
  printf 'ready> '
done]]

local PATH = "/var/lib/somebody/with/a/long/path/that/no/narrow/window/has/room/for/vhost-net0.socket-of-the-first-port"

return rig.case {
  name = "blamed", timeout = 20,

  run = function(t)
    local shells = {}
    for _, name in ipairs { "forwarder-1@a.b", "forwarder-1", "forwarder-10", "aside", "asker" } do
      shells[name] = assert(t:here():spawn({ "sh", "-c", SHELL, ("x"):rep(300) }, { name = name, quit = "quit" }))
      assert(shells[name]:set_prompt("ready> "):await_prompt())
    end
    local function ask(name, line) assert(shells[name]:command(line)) end
    t:phase "before"
    for name in pairs(shells) do ask(name, "earlier") end
    t:phase "the deed"
    for _, line in ipairs { "a", "b", "many", "c" } do ask("asker", line) end
    ask("forwarder-1@a.b", "attach")
    ask("asker", "list")
    for i = 1, 3 do
      engine.log("sample", { console = "still", port = i % 2, rx = 0, tx = 0 })
      engine.log("sample", { console = "busy", port = 0, rx = i, tx = 0 })
    end
    engine.log("telemetry", { name = "busy", dir = "got", text = [[{"stats":{"rx":1,"queues":[1,2,3]}}]] })
    t:equal(1, 2, "what forwarder-1@a.b (forwarder-1@a.b.log) says of " .. PATH)
  end,
}
