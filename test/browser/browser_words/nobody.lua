-- nobody: an error of the scenario that names no console, after a command; and a probe, as the engine makes one when a
-- guest fails (test/browser/browser.sh).

local engine = require "engine"

return rig.case {
  name = "nobody", timeout = 20,

  run = function(t)
    local one = assert(t:here():spawn({ "cat" }, { name = "bystander" }))
    assert(one:set_prompt("word\n"):command "a word")
    t:phase "the deed"
    t:here():run { "echo", "odd" }
    t:elapse(0.01)
    local asked = engine.now()
    t:here():run { "true" }
    local took = engine.now() - asked
    engine.log("span", { name = "the deed/does the guest still answer", seconds = took, is_probe = true })
    error "nothing goes on here"
  end,
}
