--- prompt: a prompt of DPDK's command line, whole or torn.
---
--- librte_cmdline (lib/cmdline/cmdline_rdline.c) writes its prompt a character at a time, and other threads log
--- whole lines: "te" "\n" "stpmd> ". What comes of the prompt behind such lines begins a line.

local eal = require "dpdk.eal"
local fail = require "base.fail"

local prompt = {}

-- Lines of a program's start, its usage among them.
local MOST = 500

-- Shorter rests of a prompt ("> " has 2) may begin a line of any program.
local SHORTEST = 2

--- What to wait for: the prompt, and each rest of it at the beginning of a line. `text` may begin with \n.
function prompt.needles(text)
  local out, bare = { text }, text:gsub("^\n", "")
  for i = 2, #bare - SHORTEST + 1 do out[#out + 1] = "\n" .. bare:sub(i) end
  return out
end

-- An error names the prompt, and not its rests.
local function plain(value, err)
  if value or type(err) ~= "table" then return value, err end
  err.what = err.what:gsub(' or "[^"]*"', "")
  return value, err
end

--- console:expect for a prompt. Raises where it does not come.
function prompt.expect(console, text, seconds)
  return (fail.check(plain(console:expect(prompt.needles(text), seconds))))
end

--- Waits until a DPDK program is ready: for its first prompt, or (`is_words`) for these words of its own. What the EAL
--- could not have is told in front of how it ended. Returns what it said before.
function prompt.ready(console, text, seconds, is_words)
  local before, err = plain(console:expect(is_words and text or prompt.needles(text), seconds))
  if not before then
    local hint = eal.hint(err.tail)
    if hint then err.what = hint .. ": " .. err.what end
    err.tail = eal.refusal(console:tail(MOST)) or err.tail
  end
  return (fail.check(before, err))
end

-- The torn prompt's beginning stands where the other thread's lines began: it is no part of the reply.
local function without(reply, beginning)
  local at
  repeat
    local found = reply:find("\n" .. beginning, (at or 0) + 1, true)
    at = found or at
  until not found
  if not at then return reply end
  return reply:sub(1, at) .. reply:sub(at + 1 + #beginning)
end

--- console:command with a prompt; returns the reply, the echo in front.
function prompt.command(console, line, text, seconds)
  local reply, which = fail.check(plain(console:command(line, prompt.needles(text), seconds)))
  if which == 1 then return reply end
  return without(reply, text:gsub("^\n", ""):sub(1, which - 1))
end

return prompt
