-- sides: a check whose detail repeats expected and got, as a breach prints them (test/browser/browser.sh).

local breach = require("kit.invariant").breach

return rig.case {
  name = "sides", timeout = 20,

  run = function(t)
    local ok, detail = breach("the log", "it has one", "none", 'an "error"')
    t:holds(ok, detail, "no log has an error")
  end,
}
