--- guess: what an expression would give, without running any of it.
---
--- A guess is { value = what it is by now } or { type = its name in lib/help/stubs }. Values are looked at raw: an
--- object's __index may raise, or act.

local api = require "help.api"
local options = require "base.options"
local tokens = require "repl.tokens"

local guess = {}

local entries

--- lib/help/stubs's, read once.
function guess.entries()
  entries = entries or api.entries()
  return entries
end

-- What a function closes over, by type.
local function upvalues(fn, kind)
  local out = {}
  for i = 1, 60 do
    local name, value = debug.getupvalue(fn, i)
    if not name then return out end
    if type(value) == kind then out[#out + 1] = value end
  end
  return out
end

--- What the class of an object (options.class) or the kind of the engine's handle is called; nil for other values.
function guess.class(value)
  local meta = debug.getmetatable(value)
  if type(value) == "userdata" then return meta and rawget(meta, "__kind") end
  local index = type(meta) == "table" and rawget(meta, "__index")
  if type(index) ~= "function" then return nil end
  for _, name in ipairs(upvalues(index, "string")) do
    if options.classes[name] then return name end
  end
end

local function add_keys(out, t, only_functions)
  for key, value in next, t do
    local is_shown = type(key) == "string" and key:find "^%a[%w_]*$"
    if is_shown and (not only_functions or type(value) == "function") then out[key] = true end
  end
end

-- The methods of a type of lib/help/stubs, and with `fields` what else it has.
local function add_told(out, name, fields)
  local object, methods = api.object(guess.entries(), name)
  for _, m in ipairs(methods or {}) do out[m.name] = true end
  for _, f in ipairs(object and fields and object.fields or {}) do out[f.name] = true end
end

local function add_members(out, value, only_functions)
  local kind, class = type(value), guess.class(value)
  if kind == "string" then add_keys(out, string, only_functions) end
  local is_told = class and api.object(guess.entries(), class)
  if is_told then add_told(out, class) end
  if kind ~= "table" then return end
  add_keys(out, value, only_functions)
  if class and not is_told then add_keys(out, options.classes[class], true) end
  for _ = 1, 10 do
    local meta = debug.getmetatable(value)
    value = type(meta) == "table" and rawget(meta, "__index")
    if type(value) ~= "table" then return end
    add_keys(out, value, only_functions)
  end
end

--- The names that may follow `guessed` and "." (or ":", with only_functions), a set.
function guess.members(guessed, only_functions)
  local out = {}
  if guessed.type then
    add_told(out, guessed.type, not only_functions)
  else
    add_members(out, guessed.value, only_functions)
  end
  return out
end

local function raw_index(value, key)
  for _ = 1, 10 do
    if type(value) ~= "table" then return nil end
    local found = rawget(value, key)
    if found ~= nil then return found end
    local meta = debug.getmetatable(value)
    value = type(meta) == "table" and rawget(meta, "__index")
  end
end

local function told_type(guessed)
  return guessed.type or guess.class(guessed.value)
end

--- lib/help/stubs's entry of a method of what was guessed; nil where there is none.
function guess.method(guessed, name)
  local _, methods = api.object(guess.entries(), told_type(guessed) or "")
  for _, m in ipairs(methods or {}) do
    if m.name == name then return m end
  end
end

local function step_member(guessed, name)
  local value = guessed.value ~= nil and raw_index(guessed.value, name)
  if value then return { value = value } end
  local method = guess.method(guessed, name)
  if method then return { method = method } end
  local object = api.object(guess.entries(), told_type(guessed) or "")
  for _, f in ipairs(object and object.fields or {}) do
    if f.name == name then return { type = f.type } end
  end
end

-- What a call of a method gives is what lib/help/stubs says it returns.
local function step_call(guessed)
  local returns = guessed.method and guessed.method.returns
  return returns and api.object(guess.entries(), returns) and { type = returns } or nil
end

local function is_op(token, text)
  return token and token.kind == "op" and token.text == text
end

-- One step of a chain at token i: returns the guess and the token behind it.
local function step(list, i, last, guessed)
  local token = list[i]
  local name = list[i + 1] and list[i + 1].kind == "name" and list[i + 1].text
  if (is_op(token, ".") or is_op(token, ":")) and name then return step_member(guessed, name), i + 2 end
  if token.kind == "string" then return step_call(guessed), i + 1 end
  if is_op(token, "(") or is_op(token, "{") then
    return step_call(guessed), (tokens.closing(list, i, last) or last) + 1
  end
  if is_op(token, "[") and is_op(list[i + 2], "]") and guessed.value ~= nil then
    local value = raw_index(guessed.value, list[i + 1].value)
    return value ~= nil and { value = value } or nil, i + 3
  end
end

local function assigned(list, i, name, env)
  -- the last `name =` before: what the chunk itself has not run yet
  for k = i - 1, 2, -1 do
    if is_op(list[k], "=") and list[k - 1].text == name and not is_op(list[k - 2], ".") then
      return guess.chain(list, k + 1, i - 1, env, true)
    end
  end
end

--- What the chain from token `first` to `last` gives: a name, and what is indexed and called in it; with `is_open` only
--- as far as it goes. nil where it cannot be told.
function guess.chain(list, first, last, env, is_open)
  local token = list[first]
  if not token then return nil end
  local guessed
  if token.kind == "string" then guessed = { value = token.value } end
  if token.kind == "name" then
    local value = raw_index(env, token.text)
    guessed = value ~= nil and { value = value } or assigned(list, first, token.text, env)
    if not guessed and token.text == "rig" then guessed = { type = "rig" } end
  end
  local i = first + 1
  local close = is_op(token, "(") and tokens.closing(list, first, last)
  if close then guessed, i = guess.chain(list, first + 1, close - 1, env), close + 1 end
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
    local token = list[i]
    if is_op(token, ")") or is_op(token, "]") or is_op(token, "}") then
      local open = tokens.opening(list, i)
      if not open then return nil end
      -- "(" with nothing before it that could be called is the chain's own beginning
      if is_op(token, ")") and not is_callee(list[open - 1]) then return open end
      i = open - 1
    elseif token.kind == "string" then
      local before = list[i - 1]
      if not (before and (before.kind == "name" or is_op(before, ")"))) then return i end
      i = i - 1
    elseif token.kind == "name" then
      if not (is_op(list[i - 1], ".") or is_op(list[i - 1], ":")) then return i end
      i = i - 2
    else
      return nil
    end
  end
end

return guess
