-- many: a console with 100,000 lines.

return rig.case {
  name = "many lines", timeout = 60,

  run = function(t)
    local console = assert(t:here():spawn({ "seq", "-f", "line %.0f of many", "100000" }, { name = "many" }))
    local exit = assert(console:await_exit(50))
    t:equal(exit.code, 0, "the whole output was printed")
  end,
}
