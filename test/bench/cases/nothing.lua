-- nothing: a case that does nothing, for the cost of a run itself.
return rig.case {
  name = "nothing is done",
  run = function(t) t:truthy(true, "nothing") end,
}
