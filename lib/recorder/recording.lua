--- recording: a case's recording (lib/recorder/recorder.lua), read: its calls by task, its reads, its turns.

local engine = require "engine"
local fail = require "base.fail"
local json = require "base.json"
local paths = require "base.paths"
local recorder = require "recorder.recorder"

local recording = {}

-- In a replay engine.checksum returns recorded results.
local checksum = engine.checksum

--- In place of a long text's checksum, where the recording was redacted (lib/report/bundle.lua).
recording.REDACTED = "redacted"

--- The kind of each call, and how many arguments are compared: { [op] = { is, count } } (engine/bind/bind_rows.h).
recording.calls = engine.bindings()

--- The key of a read. `args`: recorded ones, or a call's.
function recording.key(op, of, args, count)
  local parts, last, known = { op, of or "" }, 2, recording.calls[op]
  for i = 1, math.min(count or #args, known and known.count or 0) do
    local value = args[i]
    local bytes = type(value) == "table" and rawget(value, "$bytes")
    if bytes then value = json.text_of_bytes(bytes) end
    -- an absent mode is the recording's null, or none at all
    local is_absent = value == nil or value == engine.json.null
    parts[i + 2] = is_absent and "" or recording.label(value) or tostring(value)
    last = is_absent and last or i + 2
  end
  return table.concat(parts, "\0", 1, last)
end

--- The key of a write that failed: the nth of its kind on a handle.
function recording.put_key(op, of, nth) return ("%s\0%s\0%d"):format(op, of or "", nth) end

local function add(to, name, line)
  to[name] = to[name] or { from = 1 }
  table.insert(to[name], line)
end

-- Each of these reads on where the one before it ended: by handle, or io's own file.
local STREAMS = { ["file.read"] = true, ["file.seek"] = true, ["io.read"] = true }

local function sort_in(self, line)
  local is = (recording.calls[line.op] or {}).is
  if line.op == "begin" then
    table.insert(self.turns, { at = line.at, task = line.task, is_begin = true })
  elseif is == "wait" or is == "act" then
    add(self.strict, line.task, line)
    if is == "wait" and line.back then table.insert(self.turns, { at = line.back, task = line.task, line = line }) end
  elseif is == "rare" then
    add(self.rare, line.op, line)
  elseif is == "put" then
    self.puts[recording.put_key(line.op, line.of, line.nth)] = line
  elseif STREAMS[line.op] then
    add(self.streams, line.of or line.op, line)
  else
    add(self.reads, recording.key(line.op, line.of, line.args or {}), line)
  end
end

local function by_number(a, b) return a.at < b.at end

--- Calls fn(path, text) for each Lua file that a case loaded, as the recording in its folder has it.
function recording.each_loaded(dir, fn)
  local f = io.open(("%s/%s"):format(dir, recorder.NAME), "rb")
  for words in f and f:lines() or function() end do
    local line = words:find('"op":"global.loadfile"', 1, true) and engine.json.decode(words)
    if line and line.args and type(line.got) == "table" and type(line.got[1]) == "string" then
      fn(tostring(line.args[1]), line.got[1])
    end
  end
  if f then f:close() end
end

--- A recording from its text: { header (recorder.start's), strict = { [task] = lines }, reads = { [key] = lines },
--- rare = { [op] = lines }, streams = { [handle or op] = lines }, puts = { [put_key] = line }, turns = array of { at,
--- task, line or is_begin }, is_whole }; nil and an error. Leaves out the half line of a killed worker.
function recording.read(text)
  local self = { strict = {}, reads = {}, rare = {}, streams = {}, puts = {}, turns = {}, is_whole = false }
  local n = 0
  for words in text:gmatch "([^\n]*)\n" do
    n = n + 1
    local line, why = engine.json.decode(words)
    if not line then return nil, ("line %d: %s"):format(n, why) end
    if n == 1 then
      if line.recording ~= 1 then return nil, "unknown format: this moonrig reads format 1" end
      self.header = recording.results { got = line.head }
    elseif line["end"] then
      self.is_whole = true
    else
      sort_in(self, line)
    end
  end
  if not self.header then return nil, "it is empty" end
  for _, lines in pairs(self.reads) do table.sort(lines, by_number) end
  table.sort(self.turns, by_number)
  return self
end

--- The recording in a case's folder; raises where there is none.
function recording.load(dir)
  local text = paths.read(("%s/%s"):format(dir, recorder.NAME))
  if not text then fail.raise("ENOENT", "replay", "no recording in " .. dir) end
  local self, why = recording.read(text)
  if not self then fail.raise("EBADMSG", "replay", ("%s/%s: %s"):format(dir, recorder.NAME, why)) end
  return self
end

local NUMBERS = { nan = 0 / 0, inf = math.huge, ["-inf"] = -math.huge }

local SPECIAL = {
  -- each byte as a code point
  ["$bytes"] = json.text_of_bytes,
  ["$null"] = function() return engine.json.null end,
  ["$number"] = function(word) return NUMBERS[word] end,
  ["$cut"] = function(cut) return ("(%.0f bytes that were not recorded)"):format(cut[1]) end,
  ["$type"] = function(name) return ("(a %s)"):format(name) end,
}

-- The name and content of a table that encodes another value: "$handle", "console 5". Nil for a plain one.
local function special(value)
  local key, inner = next(value)
  if type(key) == "string" and key:sub(1, 1) == "$" and next(value, key) == nil then return key, inner end
end

local function revive(value, handle, lacks)
  if value == engine.json.null then return nil end
  if type(value) ~= "table" then return value end
  local key, inner = special(value)
  if key == "$handle" then return handle(inner) end
  if key == "$cut" and lacks then lacks(inner[1]) end
  if key and SPECIAL[key] then return SPECIAL[key](inner) end
  for name, field in pairs(value) do value[name] = revive(field, handle, lacks) end
  if key == "$error" then return engine.error(value[key]) end
  return value
end

--- The results on a line. handle(label) returns the handles; lacks(bytes) is called for a text that was too long to be
--- recorded.
function recording.results(line, handle, lacks)
  if not line.count then
    line.count = #line.got
    for i = 1, line.count do line.got[i] = revive(line.got[i], handle, lacks) end
  end
  return unpack(line.got, 1, line.count)
end

local labels = setmetatable({ [io.stdin] = recorder.STDIN }, { __mode = "k" })

--- A replay's handle for a recorded one: userdata, as the engine's handles are. `kind` is recording.kind's.
function recording.proxy(kind, label)
  local handle = newproxy(kind)
  labels[handle] = label
  return handle
end

--- A kind of replayed handles, from its metatable's fields.
function recording.kind(fields)
  local kind = newproxy(true)
  for name, value in pairs(fields) do getmetatable(kind)[name] = value end
  return kind
end

--- The label of a handle, recorded or replayed; nil for other values.
function recording.label(value)
  return labels[value] or (type(value) == "table" and rawget(value, "$handle")) or nil
end

-- Options that are not compared: a timeout changes nothing in what is done.
local NOT_COMPARED = { timeout = true }

local difference

local function table_difference(was, is, path)
  for key, value in pairs(was) do
    local at = path .. (type(key) == "number" and ("[%d]"):format(key) or "." .. tostring(key))
    local now = is[key]
    -- in JSON all keys of a table are names, unless it is an array
    if now == nil and type(key) == "string" then now = is[tonumber(key)] end
    local found = not NOT_COMPARED[key] and difference(value, now, at)
    if found then return found end
  end
  for key, value in pairs(is) do
    -- ports and queues are numbers in Lua and names in JSON
    local name = was[key] == nil and type(key) == "number" and was[tostring(key)] ~= nil and tostring(key) or key
    if was[name] == nil and not NOT_COMPARED[key] then return { path = path .. "." .. tostring(key), is = value } end
  end
end

-- nil where a recorded value and the present one are the same, otherwise { path, was, is }.
function difference(was, is, path)
  if was == engine.json.null then was = nil end
  if is == engine.json.null then is = nil end
  local key, inner
  if type(was) == "table" then key, inner = special(was) end
  if key == "$handle" then return labels[is] ~= inner and { path = path, was = inner, is = is } end
  if key == "$null" then return is ~= nil and { path = path, is = is } end
  if key == "$type" then return nil end
  if key == "$cut" then
    local is_long = type(is) == "string" and #is == inner[1]
    -- redaction keeps only the length
    if is_long and inner[2] == recording.REDACTED then return nil end
    local sum = is_long and checksum(is)
    return sum ~= inner[2] and { path = path, was = "another long text", is = is }
  end
  if key then was = SPECIAL[key](inner) end
  if type(was) == "table" and type(is) == "table" then return table_difference(was, is, path) end
  if type(was) == "number" and type(is) == "number" and math.abs(was - is) < 1e-3 then return nil end
  return was ~= is and { path = path, was = was, is = is } or nil
end

--- The first argument that differs from a line's: { path, was, is }; nil without one. `args`: { n, ... }.
function recording.departs(line, args)
  local count = math.min(recording.calls[line.op].count, math.max(#line.args, args.n))
  for i = 1, count do
    local found = difference(line.args[i], args[i], ("argument %d"):format(i))
    if found then return found end
  end
end

return recording
