--- prompt: a DPDK program's first prompt.

local eal = require "dpdk.eal"
local fail = require "base.fail"

local prompt = {}

-- The most lines of a program's start, with its usage.
local MOST = 500

--- Waits until a DPDK program is ready: for its first prompt, or (`is_words`) for this text or one of these. A prompt
--- becomes the console's, at the beginning of a line, where other threads' lines may tear it: librte_cmdline writes a
--- character at a time (lib/cmdline/cmdline_rdline.c). `echo`: false where the program does not print the lines that it
--- reads. An error has the EAL's hint in front. Returns the output before.
function prompt.ready(console, text, seconds, is_words, echo)
  local before, err
  if type(text) == "string" then console:set_prompt(text:gsub("^\n", ""), { torn = true, echo = echo ~= false }) end
  if is_words then before, err = fail.try(console.expect, console, text, seconds)
  else before, err = fail.try(console.await_prompt, console, seconds) end
  if not before then
    local hint = eal.hint(err.tail)
    if hint then err.what = hint .. ": " .. err.what end
    err.tail = eal.refusal(console:tail(MOST)) or err.tail
  end
  return (fail.check(before, err))
end

return prompt
