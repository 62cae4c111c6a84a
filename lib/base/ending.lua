--- ending: how a process ended, as text.

local engine = require "engine"

local ending = {}

-- Signals whose names do not say what happened (as chan_exit_words in engine/chan/chan.c).
local MEANING = { SIGXFSZ = "a file grew over the limit, ulimit -f" }

--- "exit status 3", "SIGKILL" or "no exit status", of { code, signal, lost }.
function ending.words(exit)
  local meaning = MEANING[exit.signal]
  if exit.signal then return exit.signal .. (meaning and (" (%s)"):format(meaning) or "") end
  return exit.code and ("exit status %.0f"):format(exit.code) or "no exit status"
end

--- The same for a status of a shell or of our guard: 128 and the signal's number.
function ending.of_status(code)
  return ending.words(code and code > 128 and { signal = engine.sys.signal_name(code - 128) } or { code = code })
end

return ending
