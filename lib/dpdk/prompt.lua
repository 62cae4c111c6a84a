--- prompt: a prompt of DPDK's command line, whole or torn.
---
--- librte_cmdline (lib/cmdline/cmdline_rdline.c) writes its prompt a character at a time, and other threads log whole
--- lines in between: "te" "\n" "stpmd> ". The rest of the prompt then begins a line.

local eal = require "dpdk.eal"
local fail = require "base.fail"

local prompt = {}

-- The most lines of a program's start, with its usage.
local MOST = 500

-- Shorter rests of a prompt ("> " has 2) may begin a line of any program.
local SHORTEST = 2

-- The most texts of a console: of a longer prompt, the longest rests.
local TEXTS = 16

--- The texts to wait for: the prompt, and each rest of it at the beginning of a line. `text` may begin with \n.
function prompt.needles(text)
  local out, bare = { text }, text:gsub("^\n", "")
  for i = 2, math.min(#bare - SHORTEST + 1, TEXTS) do out[#out + 1] = "\n" .. bare:sub(i) end
  return out
end

--- Waits until a DPDK program is ready: for its first prompt, or (`is_words`) for this text or one of these. If `text`
--- is a string, it becomes the console's prompt, at the beginning of a line. An error has the EAL's hint in front.
--- Returns the output before.
function prompt.ready(console, text, seconds, is_words)
  if type(text) == "string" then console:set_prompt(prompt.needles(text:find "^\n" and text or "\n" .. text)) end
  local before, err
  if is_words then before, err = console:expect(text, seconds)
  else before, err = console:await_prompt(seconds) end
  if not before then
    local hint = eal.hint(err.tail)
    if hint then err.what = hint .. ": " .. err.what end
    err.tail = eal.refusal(console:tail(MOST)) or err.tail
  end
  return (fail.check(before, err))
end

-- Removes the torn prompt's beginning, in front of the other thread's lines, from the reply.
local function without(reply, beginning)
  local at
  repeat
    local found = reply:find("\n" .. beginning, (at or 0) + 1, true)
    at = found or at
  until not found
  if not at then return reply end
  return reply:sub(1, at) .. reply:sub(at + 1 + #beginning)
end

--- A command at the console's prompt `text`; returns the reply, the echo in front.
function prompt.command(console, line, text, seconds)
  local reply, which = fail.check(console:command(line, seconds))
  if which == 1 then return reply end
  return without(reply, text:gsub("^\n", ""):sub(1, which - 1))
end

return prompt
