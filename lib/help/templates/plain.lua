-- NAME: the subject in one line.
return rig.case {
  name = "NAME",       -- the claim
  timeout = 30,        -- seconds for the whole case

  run = function(t)
    t:phase "a program on this machine"
    local result = t:here():run { "uname", "-s" }
    t:equal(result.code, 0, "uname exited with status 0")
    t:match(result.out, "^Linux", "the name of the system")
  end,
}
