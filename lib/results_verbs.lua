--- results_verbs: the verbs about what runs left: replay; and what `run` takes of it.

local results_verbs = {}

--- The module of each.
results_verbs.MODULES = { replay = "replay_verb" }

-- A converter for an option's text: a whole number from `least` to `most`.
local function whole(option, least, most)
  return function(text)
    local n = tonumber(text)
    if n and n >= least and n <= most and n % 1 == 0 then return n end
    return nil, ("%s is a whole number from %d to %d, not %q"):format(option, least, most, text)
  end
end

--- The options that `run` has of it.
function results_verbs.add_to_run(run)
  run:option("--repeat", "Each case so many times, one after the other; each time counts."):target "rounds"
    :argname "<n>":convert(whole("--repeat", 1, 10000))
  run:option("--retry", "What ends as FAIL or ERROR is tried again, up to so many times: passed then, it is FLAKY.")
    :argname "<n>":convert(whole("--retry", 1, 100))
end

--- Its verbs.
function results_verbs.add(p)
  local again = p:command("replay", "Run a recorded run's cases again from their record alone: no VM, no testpmd.")
  again:argument("run", "A run's folder, or its name below results/ (default: results/latest).")
    :args "?"
  again:option("-k", "Only cases whose PLAN/NAME holds this text."):target "pattern":argname "<text>"
  again:flag("--recorded", "The scenarios as they ran, whatever became of their files.")
end

return results_verbs
