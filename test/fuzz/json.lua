--- json: JSON text that others wrote, and Lua values of any make, there and back. Returns the function
--- that fuzz_json calls with each text and engine.json.

local function must(ok, why)
  if not ok then error("does not hold: " .. why, 0) end
end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for key, value in pairs(a) do
    if not same(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

-- Numbers that do not fit are encoded as text.
local function plain(value, null)
  if type(value) == "userdata" and value ~= null then return tostring(value) end
  if type(value) ~= "table" then return value end
  local out = {}
  for key, inner in pairs(value) do out[type(key) == "userdata" and tostring(key) or key] = plain(inner, null) end
  return out
end

local function depth(value)
  if type(value) ~= "table" then return 0 end
  local deepest = 0
  for _, inner in pairs(value) do deepest = math.max(deepest, depth(inner)) end
  return deepest + 1
end

-- What was decoded and is not too deep can be encoded, and is the same when decoded again.
local function there_and_back(json, value)
  local ok, text = pcall(json.encode, value)
  if not ok then
    must(depth(value) > 64, "it can be encoded: " .. tostring(text))
    return
  end
  local again, why = json.decode(text)
  must(why == nil, "what was encoded can be decoded: " .. tostring(why))
  must(same(again, plain(value, json.null)), "there and back it is the same: " .. text)
  must(json.encode(again) == text, "the same value is the same text")
end

local Reader = {}
Reader.__index = Reader

function Reader:byte()
  self.at = self.at + 1
  return self.text:byte(self.at) or 0
end

function Reader:word(n)
  local word = self.text:sub(self.at + 1, self.at + n)
  self.at = self.at + n
  return word
end

function Reader:number()
  local n = 0
  for _ = 1, 1 + self:byte() % 7 do n = n * 256 + self:byte() end
  return (n - 2 ^ 20) / 2 ^ (self:byte() % 12)
end

function Reader:list(n)
  local list = {}
  for i = 1, n do list[i] = self:value() end
  return list
end

-- Keys are texts, numbers and holes, as a scenario may pass them.
function Reader:mixed(n)
  local t = {}
  for _ = 1, n do
    local key
    if self:byte() % 2 == 0 then key = self:byte() % 6 else key = self:word(self:byte() % 4) end
    t[key] = self:value()
  end
  return t
end

function Reader:value()
  local b = self:byte()
  local kind, n = b % 8, math.floor(b / 8)
  if kind == 0 then return self.null end
  if kind == 1 then return n % 2 == 0 end
  if kind <= 3 then return self:number() end
  if kind <= 5 then return self:word(n) end
  -- a limit for the depth: a text of a kilobyte would be a thousand levels
  self.open = self.open - 1
  if self.open < 0 then return n end
  return kind == 6 and self:list(n % 5) or self:mixed(n % 5)
end

-- The number of values in a value, itself included.
local function count(value)
  if type(value) ~= "table" then return 1 end
  local n = 1
  for _, inner in pairs(value) do n = n + count(inner) end
  return n
end

-- Any value without functions and circles is encoded as valid JSON without a loss, except for keys that JSON has no
-- form for.
local function made(json, text)
  local reader = setmetatable({ text = text, at = 0, null = json.null, open = 40 }, Reader)
  local value = reader:value()
  local ok, encoded = pcall(json.encode, value)
  if not ok then
    local why = encoded.what
    must(why:find("key is no text", 1, true) or why:find("are the same text", 1, true), why)
    return
  end
  local back, why = json.decode(encoded)
  must(why == nil, "what was encoded can be decoded: " .. tostring(why))
  must(count(back) == count(value), "nothing is lost: " .. encoded)
end

return function(text, json)
  local value, why = json.decode(text)
  if why == nil then there_and_back(json, value) else must(type(why) == "string", "a reason") end
  made(json, text)
end
