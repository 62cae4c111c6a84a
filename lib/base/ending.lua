--- ending: how a process ended, as text.

local engine = require "engine"

local ending = {}

--- "exit status 3", "SIGKILL" or "no exit status", of { code, signal, lost }.
function ending.words(exit)
  if exit.signal then return exit.signal end
  return exit.code and ("exit status %.0f"):format(exit.code) or "no exit status"
end

--- The same for a status of a shell or of our guard: 128 and the signal's number.
function ending.of_status(code)
  return ending.words(code and code > 128 and { signal = engine.sys.signal_name(code - 128) } or { code = code })
end

return ending
