--- repl: a Lua prompt with the primitives and lib/ loaded, against a live setup.

local case = require "case"
local context = require "context"
local engine = require "engine"
local history = require "history"
local paths = require "paths"

local repl = {}

local PROMPT, MORE = "moonrig> ", "      >> "

-- Runs at the end of each chunk: what its locals hold lasts as globals of the prompt.
local function keeper(env)
  return function()
    local i = 1
    while true do
      local name, value = debug.getlocal(2, i)
      if not name then return end
      if name:sub(1, 1) ~= "(" then rawset(env, name, value) end
      i = i + 1
    end
  end
end

local function is_unfinished(why)
  return why ~= nil and why:find("near '<eof>'", 1, true) ~= nil
end

--- Compiles what was typed: an expression, or statements whose locals are kept. Returns the
--- function; nil, the error, and whether more lines may complete it.
function repl.compile(text, env)
  local fn, why_not_value = loadstring("return " .. text, "=typed")
  if not fn then
    local why
    fn, why = loadstring(text, "=typed")
    if not fn then return nil, why, is_unfinished(why) or is_unfinished(why_not_value) end
    -- a chunk that ends with return has no room for the keeper
    fn = loadstring(text .. "\n__keep()", "=typed") or fn
  end
  return setfenv(fn, env)
end

-- One value as it is best read; several on one line, where they are that short.
local function print_values(n, values)
  if n == 0 then return end
  local pretty = require "pretty"
  local width = engine.terminal_size()
  local out, is_short = {}, true
  for i = 1, n do
    local lines = pretty.lines(values[i], width)
    is_short = is_short and #lines == 1
    out[i] = table.concat(lines, "\n")
  end
  io.stdout:write(table.concat(out, is_short and "\t" or "\n"), "\n")
end

-- Set by Ctrl-C; a chunk that computes and never waits looks for it now and then.
local is_interrupted = false
local is_over = false
local STEPS = 200000

local function evaluate(fn)
  local function pack(ok, ...) return ok, select("#", ...), { ... } end
  is_interrupted = false
  debug.sethook(function()
    engine.breathe()
    if is_interrupted then error("interrupted", 0) end
  end, "", STEPS)
  local ok, n, values = pack(pcall(fn))
  debug.sethook()
  engine.forgive()
  if ok then
    -- the last value, to go on with
    if n > 0 then rawset(getfenv(fn), "_", values[1]) end
    return print_values(n, values)
  end
  io.stdout:write(tostring(values[1]), "\n")
end

-- `?testpmd`: what there is to call.
local function tell(words)
  local help = require "help"
  local lines, why = help.overview(), nil
  if words ~= "" then lines, why = help.about(words) end
  print(lines and table.concat(lines, "\n") or why)
end

-- What is typed is in the history at once: a session may end in any way.
local function remember(entry, file)
  engine.history("add", entry)
  if file then history.add(file, entry) end
end

-- Tab: in the line that is edited, behind those of the chunk so far.
local function completer(env, text)
  local before = text and text .. "\n" or ""
  return function(line, cursor)
    local found = require("complete").candidates(before .. line, #before + cursor, env)
    found.from = math.max(1, found.from - #before)
    return found
  end
end

-- Reads lines until they make a chunk. Returns its function; false for a line given up; nil at the end.
local function read_chunk(env, file)
  local text, prompt = nil, PROMPT
  while true do
    local line, err = engine.readline(prompt, completer(env, text))
    if not line then
      if err then
        engine.forgive()
        return false
      end
      return nil
    end
    local asked = not text and line:match "^%s*%?%s*(%S*)"
    if asked then
      remember(line, file)
      tell(asked)
      return false
    end
    text = text and text .. "\n" .. line or line
    if text:match "^%s*$" then return false end
    local fn, why, unfinished = repl.compile(text, env)
    if fn or not unfinished then remember(text, file) end
    if fn then return fn end
    if not unfinished then
      io.stdout:write(why, "\n")
      return false
    end
    prompt = MORE
  end
end

--- The globals of the prompt: `t` (a case's), and Lua's own.
function repl.environment(t)
  local env = { t = t, engine = engine, parse = require "parse", oracle = require "oracle" }
  env.__keep = keeper(env)
  return setmetatable(env, { __index = _G })
end

-- Told to end, or its guard was killed: so long in peace, as in a run.
local PEACE_SECONDS = 3

--- The verb.
function repl.main()
  assert(engine.guard(paths.journal()))
  local ctx = context.new(engine.now(), function(event)
    if event.ev == "notice" then io.stdout:write("note: ", event.text, "\n") end
    if event.ev == "check" then io.stdout:write(event.ok and "ok " or "NOT OK ", event.what, "\n") end
  end)
  ctx.phase "repl"
  local env = repl.environment(case.new(ctx))
  -- Ctrl-C ends the wait, not the rig
  engine.on_signal(function(signal)
    if signal ~= 2 then
      is_over = true
      return false
    end
    is_interrupted = true
    engine.interrupt()
    return true
  end)
  local file = engine.sys.isatty(0) and history.file()
  if file then engine.history("load", history.load(file)) end
  if engine.sys.isatty(0) then
    io.stdout:write("moonrig ", engine.version,
      ". `t` is a case: t:testpmd{...}, t:vm{...}; ?t tells what it has. Ctrl-D ends, and all with it.\n")
  end
  while not is_over do
    io.stdout:flush()
    local fn = read_chunk(env, file)
    if is_over then break end
    if fn == nil then
      if engine.sys.isatty(0) then io.stdout:write "\n" end
      break
    end
    if fn then evaluate(fn) end
  end
  engine.on_signal(nil)
  engine.close_all(is_over and PEACE_SECONDS or 60)
  ctx.clean()
  return 0
end

return repl
