--- line_history: what was typed at the prompt, kept between sessions in a file that several of them append to.
---
--- An entry is a line of the file: \ is written \\, and the end of a line in a chunk of several \n. Each is written
--- when it is typed, so that it stays whatever becomes of the session.

local engine = require "engine"
local paths = require "base.paths"

local line_history = {}

local ENTRIES = 2000
-- A file of so many lines is written anew: the entries that count, once each.
local LINES = 2 * ENTRIES
local MODE = 384 -- 0600: a password may have been typed

local ESCAPES, MEANS = { ["\\"] = "\\\\", ["\n"] = "\\n" }, { ["\\"] = "\\", n = "\n" }

local function encode(entry)
  return (entry:gsub("[\\\n]", ESCAPES))
end

local function decode(line)
  return (line:gsub("\\(.)", MEANS))
end

local function read_lines(file)
  local lines = {}
  for line in (paths.read(file) or ""):gmatch "([^\n]+)\n" do lines[#lines + 1] = line end
  return lines
end

-- The newest of each, the oldest first.
local function unique(lines)
  local seen, newest = {}, {}
  for i = #lines, 1, -1 do
    if not seen[lines[i]] and #newest < ENTRIES then
      seen[lines[i]] = true
      newest[#newest + 1] = lines[i]
    end
  end
  local out = {}
  for i = #newest, 1, -1 do out[#out + 1] = newest[i] end
  return out
end

-- fn() while nobody else writes the file; nothing where somebody does, or it cannot be told.
local function alone(file, fn)
  local lock = engine.fs.lock(file .. ".lock")
  if not lock then return end
  local ok, err = pcall(fn)
  engine.fs.unlock(lock)
  if not ok then error(err, 0) end
end

local function shorten(file)
  alone(file, function()
    -- what another session wrote meanwhile is in it, too
    local lines = unique(read_lines(file))
    paths.write(file, table.concat(lines, "\n") .. "\n", MODE)
  end)
end

--- The entries of a file, the oldest first, none twice.
function line_history.load(file)
  local lines = read_lines(file)
  if #lines > LINES then
    -- a folder that nobody may write has a history to read all the same
    pcall(shorten, file)
  end
  local entries = unique(lines)
  for i, line in ipairs(entries) do entries[i] = decode(line) end
  return entries
end

--- Adds an entry to the file. Returns true; nil and why not.
function line_history.add(file, entry)
  if not entry:find "%S" then return true end
  local f, why = io.open(file, "a")
  if not f then return nil, why end
  engine.fs.chmod(file, MODE)
  -- one write: what several sessions append stays apart
  local line = encode(entry) .. "\n"
  f:setvbuf("full", #line + 1)
  local ok, why2 = f:write(line)
  f:close()
  return ok, why2
end

--- The history's file in the user's cache; nil where there is no place for one.
function line_history.file()
  local ok, folder = pcall(paths.make, paths.cache(), 448)
  return ok and folder .. "/history" or nil
end

--- remember(line, is_whole): lines as they are typed, an entry once its last one is there; nil drops what there is.
--- What other sessions typed is loaded.
function line_history.keeper()
  local file = engine.sys.isatty(0) and line_history.file()
  if file then engine.history(line_history.load(file), true) end
  local text
  return function(line, is_whole)
    if not line then
      text = nil
      return
    end
    text = text and text .. "\n" .. line or line
    if not is_whole then return end
    engine.history { text }
    if file then line_history.add(file, text) end
    text = nil
  end
end

return line_history
