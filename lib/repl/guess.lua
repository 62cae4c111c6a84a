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

--- The names that may follow `guessed` and "." (or ":", with only_functions), a set.
function guess.members(guessed, only_functions)
  local out, object, methods = {}, entry_of(guessed)
  for _, m in ipairs(methods or {}) do out[m.name] = true end
  for _, f in ipairs(guessed.type and not only_functions and object and object.fields or {}) do out[f.name] = true end
  for _, t in ipairs(tables_of(guessed.value)) do add_keys(out, t, only_functions) end
  if not object then add_keys(out, options.classes[guess.class(guessed.value)] or {}, true) end
  return out
end

--- The entry of a guess's method in lib/help/stubs; nil without one.
function guess.method(guessed, name) return named(select(2, entry_of(guessed)), name) end

local function step_member(guessed, name)
  local value = raw_index(guessed.value, name)
  if value then return { value = value } end
  local method = guess.method(guessed, name)
  if method then return { method = method } end
  local object = entry_of(guessed)
  local field = object and named(object.fields, name)
  return field and { type = field.type }
end

-- A method's result, from lib/help/stubs.
local function step_call(guessed)
  local returns = guessed.method and guessed.method.returns
  return returns and api.object(guess.entries(), returns) and { type = returns } or nil
end

-- One step of a chain at token i: returns the guess and the token behind it.
local function step(list, i, last, guessed)
  local token, after = list[i], list[i + 1]
  if (is(token, ".") or is(token, ":")) and after and after.kind == "name" then
    return step_member(guessed, after.text), i + 2
  end
  if token.kind == "string" then return step_call(guessed), i + 1 end
  if is(token, "(") or is(token, "{") then return step_call(guessed), math.min(token.close or last, last) + 1 end
  if is(token, "[") and is(list[i + 2], "]") and guessed.value ~= nil then
    local value = raw_index(guessed.value, after.value)
    return value ~= nil and { value = value } or nil, i + 3
  end
end

-- The value of the last `name =` before token i, in a chunk that has not run yet.
local function assigned(list, i, name, env)
  for k = i - 1, 2, -1 do
    if is(list[k], "=") and list[k - 1].text == name and not is(list[k - 2], ".") then
      return guess.chain(list, k + 1, i - 1, env, true)
    end
  end
end

-- The guess of the first token of a chain.
local function start(list, first, env)
  local token = list[first]
  if token.kind == "string" then return { value = token.value } end
  if token.kind ~= "name" then return nil end
  local value = raw_index(env, token.text)
  if value ~= nil then return { value = value } end
  return assigned(list, first, token.text, env) or (token.text == "rig" and { type = "rig" } or nil)
end

--- The guess of the chain from token `first` to `last`: a name, its indexes and calls. With `is_open` it ends where the
--- chain does. nil where it is unknown.
function guess.chain(list, first, last, env, is_open)
  local token, i, guessed = list[first], first + 1
  if not token then return nil end
  if is(token, "(") and token.close and token.close <= last then
    guessed, i = guess.chain(list, first + 1, token.close - 1, env), token.close + 1
  else
    guessed = start(list, first, env)
  end
  while guessed and i <= last do
    local nextone, behind = step(list, i, last, guessed)
    if not behind then return is_open and guessed or nil end
    guessed, i = nextone, behind
  end
  return guessed
end

local function is_callee(token)
  return token ~= nil and (token.kind ~= "op" or token.text:find "^[%)%]}]$" ~= nil) and token.kind ~= "number"
end

--- The first token of the chain that ends with token `last`; nil where none does.
function guess.chain_start(list, last)
  local i = last
  while i >= 1 do
    local token, before = list[i], list[i - 1]
    if token.open then
      -- "(" that follows no callee begins the chain
      if token.text == ")" and not is_callee(list[token.open - 1]) then return token.open end
      i = token.open - 1
    elseif token.kind == "string" then
      if not (before and (before.kind == "name" or is(before, ")"))) then return i end
      i = i - 1
    elseif token.kind == "name" then
      if not (is(before, ".") or is(before, ":")) then return i end
      i = i - 2
    else
      return nil
    end
  end
end

return guess
