-- nothing: a case that does nothing, for what a run itself costs.
return rig.case {
  name = "nothing is done",
  run = function(t) t:truthy(true, "nothing") end,
}
