--- lcores: the logical cores of a plan, fitted to this machine.

local lcores = {}

-- RTE_MAX_LCORE of Debian's DPDK (x86-64): the EAL refuses larger ids
local MAX = 128

-- The first and the last id of "3" or "1-6"; nil, reason.
local function range_of(part)
  local low, high = part:match "^%s*(%d+)%s*%-%s*(%d+)%s*$"
  low = low or part:match "^%s*(%d+)%s*$"
  high = high or low
  if not low then return nil, ("%q is neither an lcore nor a range like 1-6"):format(part) end
  if #low > 4 or #high > 4 then return nil, ("%q is no lcore"):format(part) end
  low, high = tonumber(low), tonumber(high)
  if low > high then return nil, ("range %q runs backwards"):format(part) end
  return low, high
end

-- An array of ids as a text; nil, reason.
local function listed(ids)
  for _, id in ipairs(ids) do
    if type(id) ~= "number" or id < 0 or id % 1 ~= 0 then return nil, ("%s is no lcore"):format(tostring(id)) end
    if id >= MAX then return nil, ("lcore %.0f: DPDK has lcores 0 to %d"):format(id, MAX - 1) end
  end
  if #ids == 0 then return nil, "no lcore given" end
  return table.concat(ids, ",")
end

--- Lcore ids, sorted, from "1-6", "0,2,4-5", a number or an array of numbers; or nil, reason.
--- The EAL makes the lowest the main lcore.
function lcores.parse(spec)
  local text, why = spec, nil
  if type(spec) == "number" then text, why = listed { spec } end
  if type(spec) == "table" then text, why = listed(spec) end
  if why then return nil, why end
  if type(text) ~= "string" then
    return nil, "lcores are a text like \"1-6\" or an array of numbers, not a " .. type(spec)
  end
  local list, seen = {}, {}
  for part in (text .. ","):gmatch "([^,]*)," do
    local low, high = range_of(part)
    if not low then return nil, high end
    for id = low, high do
      if id >= MAX then return nil, ("lcore %d: DPDK has lcores 0 to %d"):format(id, MAX - 1) end
      if seen[id] then return nil, ("lcore %d is given twice"):format(id) end
      seen[id] = true
      list[#list + 1] = id
    end
  end
  table.sort(list)
  return list
end

--- Sorted ids as short text: { 1, 2, 3, 5 } is "1-3,5".
function lcores.text(list)
  local parts, i = {}, 1
  while i <= #list do
    local j = i
    while list[j + 1] == list[j] + 1 do j = j + 1 end
    parts[#parts + 1] = i == j and tostring(list[i]) or list[i] .. "-" .. list[j]
    i = j + 1
  end
  return table.concat(parts, ",")
end

-- The machine's cpu ids, from a count or an array.
local function cpu_ids(cpus)
  if type(cpus) == "table" then return cpus end
  local ids = {}
  for id = 0, cpus - 1 do ids[#ids + 1] = id end
  return ids
end

local function fits(list, ids)
  local has = {}
  for _, id in ipairs(ids) do has[id] = true end
  for _, id in ipairs(list) do
    if not has[id] then return false end
  end
  return true
end

--- The EAL's option for lcores `spec` on a machine with `cpus` (a count, or the array of usable cpu ids). Returns
--- option, value, notice: "-l" and the spec, if the machine has them all; else "--lcores", "1@0,2@1,3@0,..." and a
--- notice. Nil, reason for a bad spec. Dealt out in turn from the main lcore on: the main lcore waits at its prompt, so
--- the cpu that it shares never has more forwarding lcores than another.
function lcores.fit(spec, cpus)
  local list, why = lcores.parse(spec)
  if not list then return nil, why end
  local ids = cpu_ids(cpus)
  if #ids == 0 then return nil, "this machine reports no cpus" end
  local asked = type(spec) == "string" and spec or lcores.text(list)
  if fits(list, ids) then return "-l", asked end
  local places = {}
  for i, id in ipairs(list) do places[i] = ("%d@%d"):format(id, ids[(i - 1) % #ids + 1]) end
  local value = table.concat(places, ",")
  local notice = ("lcores %s requested, but this machine has %d %s: --lcores %s"):format(
    asked, #ids, #ids == 1 and "cpu" or "cpus", value)
  return "--lcores", value, notice
end

return lcores
