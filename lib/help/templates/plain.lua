-- NAME: what it is about, in a line.
return rig.case {
  name = "NAME",       -- what is claimed
  timeout = 30,        -- seconds for all of it

  run = function(t)
    t:phase "a program on this machine"
    local result = t:here():run { "uname", "-s" }
    t:equal(result.code, 0, "it ended with exit status 0")
    t:match(result.out, "^Linux", "what it said")
  end,
}
