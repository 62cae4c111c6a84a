--- session: a prompt at a rig: evaluates Lua lines, `?name` and `:commands`. The REPL (lib/repl/repl.lua) or a socket
--- (lib/repl/attach_session.lua) reads the lines and shows the output.

local engine = require "engine"
local fail = require "base.fail"
local suggest = require "base.suggest"
local steps = require "base.steps"

local session = {}

session.prompt, session.more = "moonrig> ", "      >> "

-- A chunk that computes blocks all other tasks: it has this time.
local COMPUTE_SECONDS = 30

local Session = {}
Session.__index = Session

-- Called at the end of each chunk: makes its locals globals of the prompt.
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

local function is_unfinished(why) return why ~= nil and why:find("near '<eof>'", 1, true) ~= nil end

-- Of a text's two errors, as statements and as an expression, the one beyond its first word.
local function further(text, why, why_not_value)
  local token = why:match "near '(.-)'$"
  local is_first = token and text:match "^%s*(.*)$":sub(1, #token) == token
  return is_first and why_not_value or why
end

--- Compiles a chunk: an expression, or statements whose locals become globals. Returns the function and whether it is
--- an expression; nil, the error, and whether more lines may complete it.
function session.compile(text, env)
  local fn, why_not_value = loadstring("return " .. text, "=typed")
  local is_value = fn ~= nil
  if not fn then
    local why
    -- a blank in front: Lua skips a first line that begins with "#"
    fn, why = loadstring(" " .. text, "=typed")
    if not fn then
      return nil, further(text, why, why_not_value), is_unfinished(why) or is_unfinished(why_not_value)
    end
    -- a chunk that ends with return has no room for the keeper
    fn = loadstring(" " .. text .. "\n__keep()", "=typed") or fn
  end
  return setfenv(fn, env), is_value
end

-- The prompt's modules, loaded at their first use.
local MODULES = { parse = "dpdk.parse", oracle = "kit.oracle" }

--- The environment of the chunks: the paused scenario's locals (rig.scope(), lib/repl/frames.lua), rig.t, modules,
--- Lua's own. Adds the names of new globals to `globals`, an array. print calls write(text).
function session.environment(rig, write, globals)
  local env, own = {}, { engine = engine }
  function own.print(...)
    local words = { ... }
    for i = 1, select("#", ...) do words[i] = tostring(words[i]) end
    write(table.concat(words, "\t") .. "\n")
  end
  env.__keep = keeper(env)
  return setmetatable(env, {
    __index = function(_, key)
      local scope = rig.scope()
      if scope then
        local found, value = scope:get(key)
        if found then return value end
      end
      if key == "t" then return rig.t end
      if own[key] ~= nil then return own[key] end
      return MODULES[key] and require(MODULES[key]) or _G[key]
    end,
    __newindex = function(_, key, value)
      local scope = rig.scope()
      if scope and scope:set(key, value) then return end
      globals[#globals + 1] = key
      rawset(env, key, value)
    end,
  })
end

--- A session at a rig: { t, typed() (called before each chunk), scope(), consoles(), machines(), checks(), place(),
--- orders() (the possible ones), order(name) → true or nil and an error }; write(text) shows output. A session's
--- watch_interrupts(), if set, returns is_interrupted(), which works while a chunk computes.
function session.new(rig, write)
  local s = setmetatable({ rig = rig, write = write, typed = {}, globals = {}, quiet = {}, width = 80 }, Session)
  s.env = session.environment(rig, write, s.globals)
  return s
end

-- The consoles of the rig, and the addresses of its guests' NICs.
local function names_on(rig)
  local out = {}
  for _, console in ipairs(rig.consoles()) do out[#out + 1] = console:name() end
  for _, vm in ipairs(rig.machines()) do
    for _, port in ipairs(vm.options.ports) do
      if port.addr then out[#out + 1] = "0000:00:" .. port.addr end
    end
  end
  return out
end

--- The candidates for the word before the cursor (lib/repl/complete.lua).
function Session:candidates(text, cursor)
  local complete = require "repl.complete"
  local seen = { t = self.rig.t, engine = engine, __names = function() return names_on(self.rig) end }
  local scope = self.rig.scope()
  for _, name in ipairs(scope and scope:names() or {}) do seen[name] = select(2, scope:get(name)) end
  for name, value in next, self.env do seen[name] = value end
  seen.__keep = nil
  local before = self.text and self.text .. "\n" or ""
  local found = complete.candidates(before .. text, #before + cursor, setmetatable(seen, { __index = _G }))
  found.from = found.from - #before
  return found
end

function Session:print(text) self.write(text:find "\n$" and text or text .. "\n") end

local function show_values(self, values)
  local pretty = require "repl.pretty"
  for i = 1, values.n do
    for _, line in ipairs(pretty.lines(values[i], self.width)) do self:print(line) end
  end
  rawset(self.env, "_", values[1])
end

local function pack(...) return { n = select("#", ...), ... } end

-- Runs fn in a task of its own, which Ctrl-C can cancel. Returns true and its values, packed; or false and the error.
local function run_chunk(self, fn)
  self.task = engine.task(function()
    local mine, since = coroutine.running(), engine.now()
    local is_interrupted = self.watch_interrupts and self.watch_interrupts()
    steps.watch(self, function()
      if coroutine.running() ~= mine then return end
      if is_interrupted and is_interrupted() then fail.cancel "prompt" end
      if engine.now() < since + COMPUTE_SECONDS then return end
      error(("the chunk computed for %d s without a wait: it was ended"):format(COMPUTE_SECONDS), 0)
    end)
    return pack(fn())
  end)
  local outcome, err
  repeat
    outcome, err = self.task:join(1e6)
    if not outcome and err.code ~= "ETIMEDOUT" then
      -- this task was cancelled: cancel the chunk too
      self.task:cancel()
      engine.clear_cancel()
    end
  until outcome
  steps.watch(self, nil)
  self.task = nil
  return outcome[1], outcome[2]
end

local function evaluate(self, fn, is_value)
  local text, checks = self.text, #self.rig.checks()
  self.text = nil
  self.rig.typed()
  local ok, values = run_chunk(self, fn)
  if not ok then return self:print(fail.cancelled(values) and "interrupted" or tostring(values)) end
  self.typed[#self.typed + 1] = { text = text, is_value = is_value, is_true = is_value and values[1] == true,
    has_checked = #self.rig.checks() > checks }
  if values.n > 0 then show_values(self, values) end
end

--- Cancels the running chunk. Returns true where one ran.
function Session:interrupt()
  self.text = nil
  if self.task then self.task:cancel() end
  return self.task ~= nil
end

-- `?testpmd`
local function help_about(self, words)
  local help = require "help.help"
  local lines, why = help.overview(), nil
  if words ~= "" then lines, why = help.about(words) end
  self:print(lines and table.concat(lines, "\n") or why)
end

local function command(self, name, words)
  local commands = require "repl.session_commands"
  local fn, names = commands.find(name), commands.names()
  if fn then return fn(self, words) end
  self:print(("no command :%s%s; commands: :%s"):format(name, suggest.hint(name, names), table.concat(names, " :")))
end

--- Takes a line. Returns the next prompt; nil at the session's end.
function Session:line(line)
  if not self.text then
    local asked = line:match "^%s*%?%s*(%S*)"
    local name, words = line:match "^%s*:(%a+)%s*(.-)%s*$"
    if asked then
      help_about(self, asked)
      return session.prompt
    elseif name then
      return command(self, name, words) ~= "leave" and session.prompt or nil
    end
  end
  -- "=x", as at Lua's own prompt
  self.text = self.text and self.text .. "\n" .. line or line:gsub("^%s*=%s*%f[^=%s]", "")
  local is_blank = self.text:match "^%s*$"
  local fn, value_or_why, needs_more = session.compile(self.text, self.env)
  if needs_more and not is_blank then return session.more end
  if fn and not is_blank then evaluate(self, fn, value_or_why) end
  self.text = nil
  if not fn then self:print(value_or_why) end
  return session.prompt
end

return session
