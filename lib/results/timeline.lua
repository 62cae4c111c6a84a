--- timeline: every console line and every event of a run, merged in the order of time, in one pass.
---
--- An entry is { t, case, lane = its console (or checks, phases, ...), kind = "output", "command", "reply", "phase",
--- "ok", "bad" or "event", text }.

local ending = require "base.ending"
local engine = require "engine"
local fail = require "base.fail"
local run_folder = require "results.run_folder"
local show = require "base.show"
local encoding = require "base.encoding"

local timeline = {}

-- Seconds by which lines of timeline.jsonl may be out of order: each process writes its own, output after 20 ms.
local WINDOW = 1
-- A line without an end for so long was a prompt; later output is a new line.
local PAUSE = 0.1
-- Bytes of a line that are shown.
local LONGEST = 4000

--- Bytes of a console as text without escape sequences and control characters.
function timeline.plain(bytes)
  local text = bytes
  if #text > LONGEST then text = text:sub(1, LONGEST) .. "... (cut)" end
  return (encoding.scrub(encoding.plain(text)):gsub("\t", "    "):gsub("%c", ""))
end

local function seconds(n) return ("%.3f s"):format(tonumber(n) or 0) end

local function ended(e) return ending.words { code = e.exited and e.code or nil, signal = e.signal } end

local function value(v) return type(v) == "string" and v or show.value(v) end

-- The text of each event.
local TEXTS = {
  phase = function(e) return e.name end,
  span = function(e) return ("%s: %s"):format(e.name, seconds(e.seconds)) end,
  notice = function(e) return e.text end,
  check = function(e)
    if e.ok then return "ok " .. e.what end
    local detail = e.detail ~= nil and "; " .. value(e.detail) or ""
    return ("NOT OK %s: expected %s, got %s%s (%s)"):format(e.what, value(e.expected), value(e.got), detail,
      tostring(e.where))
  end,
  command = function(e) return "> " .. e.line end,
  reply = function(e)
    return e.status == 0 and "replied in " .. seconds(e.seconds) or ("no reply (%s)"):format(tostring(e.status))
  end,
  spawn = function(e) return "$ " .. table.concat(e.argv, " ") end,
  run = function(e) return "$ " .. table.concat(e.argv, " ") end,
  ran = function(e)
    local output = ("%s%s"):format(e.out or "", e.err or ""):gsub("%s+$", "")
    return ("%s: %s, %s%s"):format(e.what, ended(e), seconds(e.seconds), output ~= "" and ": " .. output or "")
  end,
  exit = function(e) return "exited: " .. ended(e) end,
  value = function(e) return ("%s = %s"):format(e.name, value(e.value)) end,
  qmp = function(e)
    return e.msg and ("%s %s"):format(e.dir, engine.json.encode(e.msg)) or ("%s: %s"):format(e.what, e.why)
  end,
  copied = function(e)
    local words = ("copied %s to %s: %.0f bytes in %s"):format(e.from, e.to, e.bytes, seconds(e.seconds))
    return e.error and ("%s; %s"):format(words, e.error) or words
  end,
  telemetry = function(e) return ("%s %s"):format(e.dir, e.text) end,
  sample = function(e)
    local parts = { ("port %d: rx %.0f/s, tx %.0f/s"):format(e.port, e.rx, e.tx) }
    for i, queue in ipairs(e.queues or {}) do
      parts[i + 1] = ("queue %d: rx %.0f/s, tx %.0f/s"):format(i - 1, queue.rx or 0, queue.tx or 0)
    end
    return table.concat(parts, "; ")
  end,
  clock = function(e)
    return ("the guest's clock started at %s, to within %s"):format(seconds(e.offset), seconds(e.uncertainty))
  end,
}

local HIDDEN = { t = true, ev = true, case = true, folder = true, console = true }

local function words(e)
  local ok, text = pcall(TEXTS[e.ev] or error, e)
  if ok and type(text) == "string" then return text end
  local parts = { e.ev }
  for _, key in ipairs(show.sorted_keys(e)) do
    if not HIDDEN[key] then parts[#parts + 1] = ("%s=%s"):format(key, value(e[key])) end
  end
  return table.concat(parts, " ")
end

local LANES = { phase = "phases", span = "phases", check = "checks", cell = "checks", run = "commands",
  ran = "commands", copied = "commands" }
local KINDS = { command = "command", reply = "reply", phase = "phase" }

local function lane_of(e)
  if e.console then return e.console end
  if LANES[e.ev] then return LANES[e.ev] end
  return (e.ev == "qmp" or e.ev == "telemetry") and e.name or e.node or "case"
end

-- Inserts an entry in the order of time.
local function put(self, entry)
  local held, i = self.held, self.last
  while i >= self.first and held[i].t > entry.t do
    held[i + 1] = held[i]
    i = i - 1
  end
  held[i + 1] = entry
  self.last = self.last + 1
  self.newest = math.max(self.newest, entry.t)
end

-- Hands on the entries up to a time.
local function release(self, until_t)
  local held = self.held
  while self.first <= self.last and held[self.first].t <= until_t do
    local entry = held[self.first]
    held[self.first] = nil
    self.first = self.first + 1
    -- later output of its console begins a new line
    entry.is_out = true
    if entry.bytes then entry.text = timeline.plain(entry.bytes) end
    if entry.text:find "%S" then self.take(entry) end
  end
end

-- An event's case folder: a case that was retried has a folder for each attempt.
local function folder_of(e)
  return type(e.folder) == "string" and e.folder or (e.case:gsub("/", ".", 1))
end

local function key_of(e) return folder_of(e) .. "\0" .. tostring(e.console) end

-- A case's console: { file = its transcript, open = the line that has no end yet }.
local function stream_of(self, e)
  local key = key_of(e)
  local stream = self.streams[key]
  if not stream then
    stream = { file = io.open(("%s/%s/%s.log"):format(self.folder, folder_of(e), e.console), "rb") or false }
    self.streams[key] = stream
  end
  return stream
end

-- A line of the guest's kernel has its own time. It counts within the window only: before the clock was read it may be
-- wrong.
local function guest_time(self, e, line)
  local clock = self.clocks[key_of(e)]
  local t = clock and tonumber(line:match "^%[ *(%d+%.%d+)%]")
  local at = t and clock.offset + t
  return at and at <= e.t and at > e.t - WINDOW and at or e.t
end

-- A line gets the time of its last bytes: a prompt may have waited for long. Lines of the guest's kernel keep theirs.
local function redated(self, open, e)
  if open.is_stamped or open.t == e.t then return open end
  local again = { t = e.t, case = open.case, lane = open.lane, kind = "output", bytes = open.bytes }
  -- the old entry stays in its place, and an empty one is not shown
  open.bytes = ""
  put(self, again)
  return again
end

local function output(self, e)
  local stream = stream_of(self, e)
  if not stream.file or not stream.file:seek("set", e.at) then return end
  local bytes = stream.file:read(e.len) or ""
  local open = stream.open
  if open and (open.is_out or e.t - stream.last_t > PAUSE) then open = nil end
  stream.last_t = e.t
  for line, newline in bytes:gmatch "([^\n]*)(\n?)" do
    if open and line ~= "" then open = redated(self, open, e) end
    if open then
      if #open.bytes <= LONGEST then open.bytes = open.bytes .. line end
    elseif line ~= "" then
      local t = guest_time(self, e, line)
      open = { t = t, case = e.case, lane = e.console, kind = "output", bytes = line, is_stamped = t ~= e.t }
      put(self, open)
    end
    if newline ~= "" then open = nil end
  end
  stream.open = open
end

local function event(self, e)
  if not e.case then return end
  if e.ev == "output" then return output(self, e) end
  if e.ev == "command" and e.console then stream_of(self, e).open = nil end
  local kind = KINDS[e.ev] or "event"
  if e.ev == "check" then kind = e.ok and "ok" or "bad" end
  local text = timeline.plain((words(e):gsub("\r?\n", " | ")))
  put(self, { t = e.t, case = e.case, lane = lane_of(e), kind = kind, text = text })
end

-- Calls fn(e) for each event of these cases, of lines with the text `mark`. A line that is not whole is left out: its
-- worker was killed.
local function each_event(folder, cases, mark, fn)
  local is_wanted, n = {}, 0
  for _, case in ipairs(cases) do is_wanted[run_folder.label(case)] = true end
  local f = io.open(folder .. "/timeline.jsonl", "rb")
  for line in f and f:lines() or function() end do
    local e = line:find(mark, 1, true) and engine.json.decode(line)
    local is_event = type(e) == "table" and type(e.t) == "number" and type(e.ev) == "string"
    if is_event and is_wanted[e.case] then fn(e) end
    n = n + 1
    -- for Ctrl-C
    if n % 100 == 0 and engine.poll_once() then fail.cancel "timeline" end
  end
  if f then f:close() end
end

-- All events of one name of these cases.
local function events_of(folder, cases, name)
  local out = {}
  each_event(folder, cases, ('"ev":"%s"'):format(name), function(e)
    if e.ev == name then out[#out + 1] = e end
  end)
  return out
end

--- Calls take(entry) for each entry of these cases of a run, in the order of time. Holds one second of them in memory.
function timeline.read(folder, cases, take)
  local self = { held = {}, first = 1, last = 0, newest = -math.huge, streams = {}, clocks = {},
    folder = folder, take = take }
  -- first: the guest's clock is read after its boot, whose lines are earlier
  for _, e in ipairs(events_of(folder, cases, "clock")) do self.clocks[key_of(e)] = e end
  each_event(folder, cases, "", function(e)
    event(self, e)
    release(self, self.newest - WINDOW)
  end)
  release(self, math.huge)
  for _, stream in pairs(self.streams) do
    if stream.file then stream.file:close() end
  end
end

--- The checks of these cases: array of their events.
function timeline.checks(folder, cases) return events_of(folder, cases, "check") end

return timeline
