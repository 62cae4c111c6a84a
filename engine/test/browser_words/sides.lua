-- sides: a check whose detail says both sides again, as a breach prints them (engine/test/browser.sh).

local breach = require("law").breach

return rig.case {
  name = "sides", timeout = 20,

  run = function(t)
    local ok, detail = breach("the log", "it has one", "none", 'an "error"')
    t:holds(ok, detail, "no log has an error")
  end,
}
