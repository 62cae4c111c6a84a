--- invariant: shared by the oracles: a breach, and the shape of statistics.

local show = require "base.show"

local invariant = {}

local Breach = {}
Breach.__tostring = function(b)
  return ("%s: %s (expected %s, got %s)"):format(b.where, b.why, show.value(b.expected), show.value(b.got))
end

--- The negative answer of an oracle: nil and { where, why, expected, got }, which prints well.
function invariant.breach(where, why, expected, got)
  return nil, setmetatable({ where = where, why = why, expected = expected, got = got }, Breach)
end

--- The ports of { [port] = record } in order; none of what is no table.
function invariant.ports_of(stats) return type(stats) == "table" and show.sorted_keys(stats) or {} end

--- Is it a number above 0? False for nan, too.
function invariant.is_positive(n) return type(n) == "number" and n > 0 end

return invariant
