--- redact: replaces names, home folders, keys and addresses in a text that other people will read.
---
--- A replacement is as long as its original, so that offsets into a transcript stay valid. Equal originals get equal
--- replacements, so that a check's two values still compare as they did.

local redact = {}

local Redactor = {}
Redactor.__index = Redactor

-- Bytes that JSON never holds stand for its escapes, and for those of JSON in it: in "\nhost" the n is no letter.
local ENDS = { n = "\2", r = "\3", t = "\4" }
local LETTERS = { ["\2"] = "n", ["\3"] = "r", ["\4"] = "t" }

local function without_escapes(text)
  text = text:gsub("\\\\([nrt])", function(letter) return "\1\7" .. ENDS[letter] end)
  text = text:gsub("\\\\", "\1\1")
  return (text:gsub("\\([nrt])", function(letter) return "\1" .. ENDS[letter] end))
end

local function with_escapes(text)
  text = text:gsub("\1([\2-\4])", function(byte) return "\\" .. LETTERS[byte] end)
  text = text:gsub("\1\1", "\\\\")
  return (text:gsub("\1\7([\2-\4])", function(byte) return "\\\\" .. LETTERS[byte] end))
end

-- The pattern of a name, in upper and lower case.
local function pattern_of(name)
  return (name:gsub("%W", "%%%0"):gsub("%a", function(c) return ("[%s%s]"):format(c:lower(), c:upper()) end))
end

local function crosses(text) return (text:gsub("[%w+/=]", "x")) end

-- ---- addresses ----

-- The number of an address, which makes its replacement.
local function number_of(self, kind, text)
  local known = self.known[kind]
  if not known[text] then
    known[text], known.count = known.count, known.count + 1
  end
  return known[text]
end

-- The first number of one, two and three digits, and how many there are up to 255.
local FIRST = { 0, 10, 100 }
local ROOM = { 10, 90, 156 }

local function ipv4(self, text)
  local parts = {}
  for part in text:gmatch "%d+" do
    if tonumber(part) > 255 or #part > 3 then return nil end
    parts[#parts + 1] = part
  end
  local first = tonumber(parts[1])
  -- loopback, any, netmasks and broadcast
  if first == 127 or first == 0 or first == 255 then return nil end
  local left = number_of(self, "ipv4", text)
  for i = 4, 1, -1 do
    local length = #parts[i]
    parts[i] = tostring(FIRST[length] + left % ROOM[length])
    left = math.floor(left / ROOM[length])
  end
  return table.concat(parts, ".")
end

-- Replaces hexadecimal digits by zeros and, at their end, a number.
local function numbered(text, number)
  local digits = select(2, text:gsub("%x", ""))
  local hex = ("%0" .. digits .. "x"):format(number):sub(-digits)
  local i = 0
  return (text:gsub("%x", function()
    i = i + 1
    return hex:sub(i, i)
  end))
end

local function ipv6(self, text)
  local colons = select(2, text:gsub(":", ""))
  local is_short = text:find("::", 1, true) ~= nil
  if not (is_short and colons <= 7 or colons == 7) then return nil end
  for group in text:gmatch "%x+" do
    if #group > 4 then return nil end
  end
  -- "::", "::1", "ff02::1" identify no machine
  if select(2, text:gsub("%x", "")) < 6 then return nil end
  return numbered(text, number_of(self, "ipv6", text:lower()))
end

-- Only the address of a real card identifies a machine; locally administered ones (QEMU, DPDK, a scenario) do not.
local function mac(self, text)
  local first = tonumber(text:sub(1, 2), 16)
  local is_local = math.floor(first / 2) % 2 == 1
  local is_group = first % 2 == 1
  local is_short = text:find "^00:00:00" ~= nil
  if is_local or is_group or is_short then return nil end
  return text:sub(1, 9) .. numbered(text:sub(10), number_of(self, "mac", text:lower()))
end

local MAC = "^%x%x:%x%x:%x%x:%x%x:%x%x:%x%x$"

-- Each pattern costs a pass over the text: there are only two.
local function redact_addresses(self, text)
  text = text:gsub("%f[%w.]%d+%.%d+%.%d+%.%d+%.?%f[^%w.]", function(found)
    -- the full stop of a sentence is no part of it
    local dot = found:match "%.$" or ""
    local quad = ipv4(self, dot == "" and found or found:sub(1, -2))
    return quad and quad .. dot
  end)
  return (text:gsub("%f[%w:]%x*:[%x:]*:[%x:]*%f[^%w:]", function(found)
    if found:find(MAC) then return mac(self, found) end
    return ipv6(self, found)
  end))
end

-- ---- keys ----

local KEY = "(%-%-%-%-%-BEGIN [%u ]*PRIVATE KEY%-%-%-%-%-)(.-)(%-%-%-%-%-END [%u ]*PRIVATE KEY%-%-%-%-%-)"

local function redact_keys(text)
  if text:find("PRIVATE KEY", 1, true) then
    text = text:gsub(KEY, function(head, body, foot) return head .. crosses(body) .. foot end)
    -- a key that was cut
    text = text:gsub("(%-%-%-%-%-BEGIN [%u ]*PRIVATE KEY%-%-%-%-%-)([%w+/=%s%c]+)",
      function(head, body) return head .. crosses(body) end)
  end
  if text:find("AAAA", 1, true) then
    text = text:gsub("%f[%w]AAAA[%w+/]+=*", function(found) return #found >= 40 and crosses(found) or nil end)
  end
  if not text:find("SHA256:", 1, true) then return text end
  return (text:gsub("(SHA256:)([%w+/]+=*)", function(head, sum) return #sum >= 40 and head .. crosses(sum) or nil end))
end

-- ---- names ----

-- A name that is a common word, too: only as user@host.
local function redact_common(text, pattern, by)
  return (text:gsub(pattern .. "(@)", by .. "%1"):gsub("(@)" .. pattern, "%1" .. by))
end

local function redact_names(self, text)
  for _, home in ipairs(self.homes) do
    if text:find(home, 1, true) then
      text = text:gsub(home:gsub("%W", "%%%0") .. "%f[^%w_.-]", (home:gsub("[^/]", "x")))
    end
  end
  if text:find("/home/", 1, true) then
    text = text:gsub("(/home/)([%w_][%w_.-]*)", function(head, name) return head .. crosses(name) end)
  end
  local small = text:lower()
  for _, name in ipairs(self.names) do
    if small:find(name.text:lower(), 1, true) then
      local pattern, by = "%f[%w]" .. pattern_of(name.text) .. "%f[%W]", crosses(name.text)
      text = name.is_common and redact_common(text, pattern, by) or text:gsub(pattern, by)
    end
  end
  return text
end

-- "\27[32mjane": the m belongs to the colour, not to the name.
local function mark_colours(text)
  if text:find("\27[", 1, true) then text = text:gsub("(\27%[[%d;?]*)(%a)", "%1%2\1\6\1") end
  if text:find("\\u001", 1, true) then text = text:gsub("(\\u001[bB]%[[%d;?]*)(%a)", "%1%2\1\6\1") end
  return text
end

--- o: { names = array of hosts and users, is_common(name) (true: the name is also an ordinary word), homes = array of
--- folders }.
function redact.new(o)
  local self = setmetatable({ names = {}, homes = {}, known = {} }, Redactor)
  for _, kind in ipairs { "ipv4", "ipv6", "mac" } do self.known[kind] = { count = 0 } end
  local seen = {}
  for _, name in ipairs(o.names) do
    local is_name = #name >= 2 and name ~= "root" and name ~= "localhost" and name:find "%w" and not seen[name]
    if is_name then
      self.names[#self.names + 1] = { text = name, is_common = o.is_common ~= nil and o.is_common(name) or false }
    end
    seen[name] = true
  end
  -- "build7.lab" before "build7"
  table.sort(self.names, function(a, b) return #a.text > #b.text end)
  for _, home in ipairs(o.homes) do
    -- every machine has /root
    if home:find "^/[^/]+" and home ~= "/root" then self.homes[#self.homes + 1] = home end
  end
  return self
end

--- The redacted text, of the same length. `is_json`: it is JSON, whose escapes are no letters of names.
function Redactor:text(text, is_json)
  if is_json then text = without_escapes(text) end
  text = mark_colours(text)
  text = redact_addresses(self, redact_names(self, redact_keys(text)))
  text = text:gsub("\1\6\1", "")
  return is_json and with_escapes(text) or text
end

return redact
