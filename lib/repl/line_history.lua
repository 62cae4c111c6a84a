--- line_history: the lines typed at prompts, in one file for all sessions.
---
--- An entry is a line of the file, with \\ for \ and \n for a newline inside it. It is appended at once, so that a
--- killed session loses nothing.

local engine = require "engine"
local paths = require "base.paths"
local session = require "repl.session"

local line_history = {}

local ENTRIES = 2000
-- A longer file is rewritten, each entry once.
local LINES = 2 * ENTRIES
local MODE = 384 -- 0600: a password may have been typed

local ESCAPES, MEANS = { ["\\"] = "\\\\", ["\n"] = "\\n" }, { ["\\"] = "\\", n = "\n" }

local function encode(entry) return (entry:gsub("[\\\n]", ESCAPES)) end

local function decode(line) return (line:gsub("\\(.)", MEANS)) end

local function read_lines(file)
  local lines = {}
  for line in (paths.read(file) or ""):gmatch "([^\n]+)\n" do lines[#lines + 1] = line end
  return lines
end

-- Each line once, at its newest place; the oldest first.
local function unique(lines)
  local newest, out = {}, {}
  for i, line in ipairs(lines) do newest[line] = i end
  for i, line in ipairs(lines) do
    if newest[line] == i then out[#out + 1] = line end
  end
  return { unpack(out, math.max(1, #out - ENTRIES + 1)) }
end

-- Rewrites the file, unless another process does. A read-only folder stays as it is.
local function shorten(file)
  local lock = engine.fs.lock(file .. ".lock")
  if not lock then return end
  -- read again: another session may have written meanwhile
  pcall(function() paths.write(file, table.concat(unique(read_lines(file)), "\n") .. "\n", MODE) end)
  engine.fs.unlock(lock)
end

--- The entries of a file, the oldest first, each once.
function line_history.load(file)
  local lines = read_lines(file)
  if #lines > LINES then shorten(file) end
  local entries = unique(lines)
  for i, line in ipairs(entries) do entries[i] = decode(line) end
  return entries
end

--- Adds an entry to the file. Returns true; nil and an error.
function line_history.add(file, entry)
  if not entry:find "%S" then return true end
  local f, why = io.open(file, "a")
  if not f then return nil, why end
  engine.fs.chmod(file, MODE)
  -- one write: other sessions append too
  local line = encode(entry) .. "\n"
  f:setvbuf("full", #line + 1)
  local ok, why2 = f:write(line)
  f:close()
  return ok, why2
end

--- Reads lines from the person, with the history, until there is no prompt. side: { prompt() (the next one, may wait),
--- complete (as of engine.readline), line(text), interrupt() (Ctrl-C dropped the line), leave() (the end of input) }.
function line_history.read(side)
  -- no file where the user's cache cannot be made
  local ok, folder = pcall(paths.make, paths.cache(), 448)
  local file = ok and engine.sys.isatty(0) and folder .. "/history"
  if file then engine.history(line_history.load(file), true) end
  local text
  while true do
    local prompt = side.prompt()
    -- several lines are one entry
    if text and prompt ~= session.more then
      engine.history { text }
      if file then line_history.add(file, text) end
      text = nil
    end
    if not prompt then return end
    local line, err = engine.readline(prompt, side.complete)
    if line then
      text = text and text .. "\n" .. line or line
      side.line(line)
    else
      text = nil
      if err then engine.clear_cancel() end
      side[err and "interrupt" or "leave"]()
    end
  end
end

return line_history
