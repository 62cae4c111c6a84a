--- complete: the candidates of Tab at the prompt. Reads values only, calls nothing.

local api = require "help.api"
local engine = require "engine"
local guess = require "repl.guess"
local session_commands = require "repl.session_commands"
local show = require "base.show"
local tokens = require "repl.tokens"

local complete = {}

local is = tokens.is

local KEYWORDS = { "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
  "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while" }

-- Commands with a file name. Other commands have names of the rig.
local TAKES_FILE = { save = true }

-- The names of a set that begin with `word`, which is at `from`.
local function matching(set, word, from)
  local out = {}
  for _, name in ipairs(show.sorted_keys(set)) do
    if name:sub(1, #word) == word then out[#out + 1] = name end
  end
  return { from = from, candidates = out }
end

local function set_of(list)
  local out = {}
  for _, name in ipairs(list) do out[name] = true end
  return out
end

-- Devices, ports, vdevs and consoles of the rig, from the session.
local function rig_names(env)
  local ok, list = pcall(rawget(env, "__names"))
  return set_of(ok and type(list) == "table" and list or {})
end

-- A folder ends in a slash: the next Tab completes in it.
local function files(word, from)
  local folder, part = word:match "^(.-)([^/]*)$"
  local out = {}
  for _, name in ipairs(engine.fs.list(folder ~= "" and folder or ".") or {}) do
    local stat = engine.fs.stat(folder .. name)
    if name:sub(1, 1) ~= "." or part:sub(1, 1) == "." then
      out[folder .. name .. (stat and stat.type == "dir" and "/" or "")] = true
    end
  end
  return matching(out, word, from)
end

local function help_names()
  local out = {}
  for _, e in ipairs(guess.entries()) do
    if e.kind == "method" then out[e.of .. ":" .. e.name] = true end
    if e.kind == "object" and not e.name:find "%.%u" then out[e.name] = true end
  end
  return out
end

-- `?name`, `:command`, `:command word`; nil for Lua.
local function of_prompt(text, env)
  local from, word = text:match "^%s*%?%s*()([%w_:.]*)$"
  if from then return matching(help_names(), (word:gsub("%.", ":")), from) end
  from, word = text:match "^%s*:()([%w_]*)$"
  if from then return matching(set_of(session_commands.names()), word, from) end
  local command, at, rest = text:match "^%s*:([%w_]+)%s+()(.*)$"
  if not command then return nil end
  if TAKES_FILE[command] then return files(rest, at) end
  from, word = rest:match "()(%S*)$"
  return matching(rig_names(env), word, at + from - 1)
end

-- The options (an entry of lib/help/stubs) of the table that token `brace` opens; { each = entry } for an array of
-- them.
local function class_of_table(list, brace, env)
  if not is(list[brace], "{") then return nil end
  local before = list[brace - 1]
  if is(before, "=") or is(before, "{") or is(before, ",") then
    local class = class_of_table(list, list[brace].inside, env)
    if not class or not is(before, "=") then return class and class.each end
    for _, f in ipairs(class.fields or {}) do
      -- "vm.Port[]" is an array
      local kind, several = f.type:match "^([%w_]+%.%u%w*)(%[?%]?)"
      local object = f.name == list[brace - 2].text and kind and api.object(guess.entries(), kind)
      if object then return several ~= "" and { each = object } or object end
    end
    return nil
  end
  local called = guess.before(list, is(before, "(") and brace - 2 or brace - 1, env)
  return called and called.method and api.options_of(guess.entries(), called.method)
end

-- The option keys that the table does not have yet; nil where the next word is no key.
local function option_keys(list, env)
  local last, brace = list[#list], list.inside
  if not (is(last, "{") or is(last, ",") or is(last, ";")) then return nil end
  local class = class_of_table(list, brace, env)
  if not class or not class.fields then return nil end
  local out = {}
  for _, f in ipairs(class.fields) do out[f.name] = true end
  for i = brace + 1, #list do
    if is(list[i], "=") and list[i].inside == brace then out[list[i - 1].text or ""] = nil end
  end
  return out
end

-- All names: of the prompt, of Lua, of the chunk so far.
local function plain_names(list, env, word)
  local out = guess.members { value = env }
  for _, name in ipairs(word ~= "" and KEYWORDS or {}) do out[name] = true end
  for i, token in ipairs(list) do
    local is_member = is(list[i - 1], ".") or is(list[i - 1], ":")
    if token.kind == "name" and not is_member then out[token.text] = true end
  end
  return out
end

local function of_name(list, env, word, from)
  local last = list[#list]
  if is(last, ".") or is(last, ":") then
    local object = guess.before(list, #list - 1, env)
    return matching(object and guess.members(object, last.text == ":") or {}, word, from)
  end
  local keys = option_keys(list, env)
  local found = matching(keys or plain_names(list, env, word), word, from)
  if keys and #found.candidates == 1 then found.candidates[1] = found.candidates[1] .. " = " end
  return found
end

-- In quotes: names of the rig; after `stats["` the table's keys.
local function of_string(list, env, word, from)
  if is(list[#list], "[") then
    local out, object = {}, guess.before(list, #list - 1, env)
    for key in next, object and type(object.value) == "table" and object.value or {} do
      if type(key) == "string" then out[key] = true end
    end
    return matching(out, word, from)
  end
  -- "show port info 0", "net_vhost0,iface=x"
  local at, last = word:match "()([^%s,=]*)$"
  return matching(rig_names(env), last, from + at - 1)
end

--- As complete.candidates, for all of `text`; raises errors.
function complete.look(text, env)
  local found = of_prompt(text, env)
  if found then return found end
  local list, open = tokens.read(text)
  if open and open.kind == "string" then return of_string(list, env, text:sub(open.from), open.from) end
  local last = list[#list]
  local ends = not open and last and last.to == #text and last.kind
  if open or ends == "number" then return { from = #text + 1, candidates = {} } end
  local word = ends == "name" and table.remove(list).text or ""
  return of_name(list, env, word, #text + 1 - #word)
end

--- The candidates for the word that ends at byte `cursor` of `text`, which may have several lines: { from = the word's
--- first byte, candidates = sorted texts }. `env` is the prompt's environment, with __names() for the names of the rig
--- (optional). Calls nothing else, never raises.
function complete.candidates(text, cursor, env)
  text = text:sub(1, cursor)
  local ok, found = pcall(complete.look, text, env)
  return ok and found or { from = #text + 1, candidates = {} }
end

return complete
