--- guess: the result of an expression, guessed without running it.
---
--- A guess is { value = the present value }, { type = a name in lib/help/stubs } or { method = an entry of that }.
--- Values are read raw: an object's __index may raise or act.

local api = require "help.api"
local options = require "base.options"
local tokens = require "repl.tokens"

local guess = {}

local is = tokens.is

local MOST = 10 -- __index tables of a value

local entries

--- The entries of lib/help/stubs, read once.
function guess.entries()
  entries = entries or api.entries()
  return entries
end

local function in_metatable(value, key)
  local meta = debug.getmetatable(value)
  return type(meta) == "table" and rawget(meta, key) or nil
end

--- The class name of an object (options.class), or the kind of an engine handle; nil for other values.
function guess.class(value)
  local kind = in_metatable(value, "__kind")
  return (type(value) == "userdata" or options.classes[kind or ""]) and kind or nil
end

-- The tables with a value's keys, in the order of a lookup.
local function tables_of(value)
  local out = {}
  if type(value) ~= "table" then value = in_metatable(value, "__index") end
  while type(value) == "table" and #out < MOST do
    out[#out + 1], value = value, in_metatable(value, "__index")
  end
  return out
end

local function raw_index(value, key)
  for _, t in ipairs(tables_of(value)) do
    local found = rawget(t, key)
    if found ~= nil then return found end
  end
end

local function add_keys(out, t, only_functions)
  for key, value in next, t do
    local is_shown = type(key) == "string" and key:find "^%a[%w_]*$"
    if is_shown and (not only_functions or type(value) == "function") then out[key] = true end
  end
end

-- The entry of a guess in lib/help/stubs, and its methods.
local function entry_of(guessed)
  return api.object(guess.entries(), guessed.type or guess.class(guessed.value) or "")
end

local function named(list, name)
  for _, one in ipairs(list or {}) do
    if one.name == name then return one end
  end
end

--- The names that may follow `guessed` and "." (or ":", with only_functions), a set. An object has what its stub
--- declares: what else is in it is not the scenario's.
function guess.members(guessed, only_functions)
  local out, object, methods = {}, entry_of(guessed)
  if object then
    for _, m in ipairs(methods) do out[m.name] = true end
    for _, f in ipairs(only_functions and {} or api.fields(guess.entries(), object)) do out[f.name] = true end
    return out
  end
  for _, t in ipairs(tables_of(guessed.value)) do add_keys(out, t, only_functions) end
  add_keys(out, options.classes[guess.class(guessed.value)] or {}, true)
  return out
end

local function step_member(guessed, name)
  local object, methods = entry_of(guessed)
  local method = named(methods, name)
  if method then return { method = method } end
  local value = raw_index(guessed.value, name)
  if value then return { value = value } end
  local field = object and named(api.fields(guess.entries(), object), name)
  return field and { type = field.type }
end

-- A method's result, from lib/help/stubs.
local function step_call(guessed)
  local returns = guessed.method and guessed.method.returns
  return returns and api.object(guess.entries(), returns) and { type = returns } or nil
end

-- One step of a chain whose last token is i: its own last token and the guess behind it; nil where the chain ends.
local function step(list, i, guessed)
  local token, after = list[i + 1], list[i + 2]
  if not token then return nil end
  if (is(token, ".") or is(token, ":")) and after and after.kind == "name" then
    return i + 2, guessed and step_member(guessed, after.text)
  end
  if token.kind == "string" then return i + 1, guessed and step_call(guessed) end
  if is(token, "(") or is(token, "{") then return token.close, guessed and step_call(guessed) end
  if is(token, "[") and token.close then
    local value = guessed and token.close == i + 3 and raw_index(guessed.value, after.value)
    return token.close, value and { value = value }
  end
end

local chain

-- The guess of a name: its value, or that of the last `name =` before token `limit`, in a chunk that has not run yet.
local function of_name(list, name, env, limit)
  local value = raw_index(env, name)
  if value ~= nil then return { value = value } end
  for k = limit - 1, 2, -1 do
    if is(list[k], "=") and list[k - 1].text == name and not is(list[k - 2], ".") then
      return select(2, chain(list, k + 1, env, k))
    end
  end
  return name == "rig" and { type = "rig" } or nil
end

-- The chain from token `first`: a name, a string or brackets with its indexes and calls. Returns its last token, and
-- its guess, nil where it is unknown. Nothing where no chain begins.
function chain(list, first, env, limit)
  local token, last, guessed = list[first], first
  if not token then return nil end
  if token.kind == "string" then
    guessed = { value = token.value }
  elseif token.kind == "name" then
    guessed = of_name(list, token.text, env, limit)
  elseif is(token, "(") and token.close then
    last = token.close
    local inner, value = chain(list, first + 1, env, limit)
    guessed = inner == last - 1 and value or nil
  else
    return nil
  end
  while true do
    local stop, found = step(list, last, guessed)
    if not stop then return last, guessed end
    last, guessed = stop, found
  end
end

--- The guess of the chain that ends with token `last`, which another one follows that does not continue it; nil where
--- it is unknown, or none ends there.
function guess.before(list, last, env)
  local i = 1
  while i <= last do
    local stop, guessed = chain(list, i, env, i)
    if stop == last then return guessed end
    i = (stop or i) + 1
  end
end

return guess
