--- lcores: the logical cores of a plan, fitted to this machine. The grammar is the EAL's, of -l and of --lcores
--- (lib/eal/common/eal_common_options.c, eal_parse_lcores).

local lcores = {}

-- The numbers of a map. RTE_MAX_LCORE is that of Debian's DPDK (x86-64), CPU_SETSIZE that of glibc: the EAL refuses
-- larger ones.
local LCORE = { name = "lcore", most = 127, range = "%q is neither an lcore nor a range like 1-6",
  limit = "lcore %.0f: DPDK has lcores 0 to 127" }
local CPU = { name = "cpu", most = 1023, range = "%q is neither a cpu nor a range like 0-3",
  limit = "cpu %.0f: the EAL takes cpus 0 to 1023" }

-- The first and the last number of "3" or "1-6"; nil, reason.
local function range_of(part, of)
  local low, high = part:match "^%s*(%d+)%s*%-%s*(%d+)%s*$"
  low = low or part:match "^%s*(%d+)%s*$"
  high = high or low
  if not low then return nil, of.range:format(part) end
  if #low > 4 or #high > 4 then return nil, ("%q is no %s"):format(part, of.name) end
  low, high = tonumber(low), tonumber(high)
  if low > high then return nil, ("range %q runs backwards"):format(part) end
  if high > of.most then return nil, of.limit:format(math.max(low, of.most + 1)) end
  return low, high
end

-- The parts of a text between commas; one in brackets is whole.
local function parts_of(text)
  local parts = {}
  for part in (text:gsub("%b()", function(group) return (group:gsub(",", "\0")) end) .. ","):gmatch "([^,]*)," do
    parts[#parts + 1] = (part:gsub("%z", ","))
  end
  return parts
end

-- The sorted numbers of "3", "1-6" or "(0,2-4)"; nil, reason.
local function set_of(text, of)
  local group = text:match "^%s*%((.*)%)%s*$"
  if not group and text:find "^%s*%([^)]*$" then return nil, ("%q has no closing bracket"):format(text) end
  local list, seen = {}, {}
  for _, part in ipairs(group and parts_of(group) or { text }) do
    local low, high = range_of(part, of)
    if not low then return nil, high end
    for id = low, high do
      if seen[id] then return nil, ("%s %d is given twice"):format(of.name, id) end
      seen[id] = true
      list[#list + 1] = id
    end
  end
  table.sort(list)
  return list
end

-- One part of a map: { ids, cpus }; without cpus each lcore is on the cpu of its number. A group without "@" is on the
-- cpus of all its numbers.
local function part_of(text)
  local left, right = text:match "^([^@]*)@(.*)$"
  local ids, why = set_of(left or text, LCORE)
  if not ids then return nil, why end
  if not right then return { ids = ids, cpus = text:find "%(" and ids or nil } end
  local cpus
  cpus, why = set_of(right, CPU)
  if not cpus then return nil, why end
  return { ids = ids, cpus = cpus }
end

-- An array of ids as a text; nil, reason.
local function listed(ids)
  for _, id in ipairs(ids) do
    if type(id) ~= "number" or id < 0 or id % 1 ~= 0 then return nil, ("%s is no lcore"):format(tostring(id)) end
    if id > LCORE.most then return nil, LCORE.limit:format(id) end
  end
  if #ids == 0 then return nil, "no lcore given" end
  return table.concat(ids, ",")
end

-- A spec's parts (part_of); nil, reason.
local function map_of(spec)
  local text, why = spec, nil
  if type(spec) == "number" then text, why = listed { spec } end
  if type(spec) == "table" then text, why = listed(spec) end
  if why then return nil, why end
  if type(text) ~= "string" then
    return nil, "lcores are a text like \"1-6\" or an array of numbers, not a " .. type(spec)
  end
  local map, seen = {}, {}
  for i, part in ipairs(parts_of(text)) do
    map[i], why = part_of(part)
    if not map[i] then return nil, why end
    for _, id in ipairs(map[i].ids) do
      if seen[id] then return nil, ("lcore %d is given twice"):format(id) end
      seen[id] = true
    end
  end
  return map
end

local function ids_of(map)
  local list = {}
  for _, part in ipairs(map) do
    for _, id in ipairs(part.ids) do list[#list + 1] = id end
  end
  table.sort(list)
  return list
end

--- Lcore ids, sorted, from "1-6", "0,2,4-5", "(1-3)@0", a number or an array of numbers; or nil, reason.
--- The EAL makes the lowest the main lcore.
function lcores.parse(spec)
  local map, why = map_of(spec)
  if not map then return nil, why end
  return ids_of(map)
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

-- { [id] = id } of a list.
local function set_from(list)
  local set = {}
  for _, id in ipairs(list) do set[id] = id end
  return set
end

local function fits(list, ids)
  local has = set_from(ids)
  for _, id in ipairs(list) do
    if not has[id] then return false end
  end
  return true
end

-- Lcores dealt out to the cpus in turn, from the main lcore on: that one waits at its prompt, so the cpu that it shares
-- never has more forwarding lcores than another.
local function dealt(list, ids)
  local places = {}
  for i, id in ipairs(list) do places[i] = ("%d@%d"):format(id, ids[(i - 1) % #ids + 1]) end
  return table.concat(places, ",")
end

-- Gives a present cpu for each cpu: itself, or the present ones (`ids`) in turn; and counts the missing ones.
local function stand_ins(ids)
  local has, found = set_from(ids), { missing = 0 }
  function found.of(cpu)
    if not has[cpu] then
      has[cpu] = ids[found.missing % #ids + 1]
      found.missing = found.missing + 1
    end
    return has[cpu]
  end
  return found
end

local function set_text(list) return #list == 1 and tostring(list[1]) or "(" .. lcores.text(list) .. ")" end

-- A part of a map as the EAL takes it.
local function part_text(ids, cpus, found)
  local set, list = {}, {}
  for _, cpu in ipairs(cpus) do set[found.of(cpu)] = true end
  for cpu in pairs(set) do list[#list + 1] = cpu end
  table.sort(list)
  return set_text(ids) .. "@" .. set_text(list)
end

-- A map as the EAL takes it, each lcore with its cpus; and whether a cpu was missing.
local function placed(map, ids)
  local found, out = stand_ins(ids), {}
  for _, part in ipairs(map) do
    if part.cpus then out[#out + 1] = part_text(part.ids, part.cpus, found) end
    for _, id in ipairs(part.cpus and {} or part.ids) do out[#out + 1] = part_text({ id }, { id }, found) end
  end
  return table.concat(out, ","), found.missing > 0
end

--- The EAL's option for lcores `spec` on a machine with `cpus` (a count, or the array of usable cpu ids). Returns
--- option, value, notice: "-l" and the spec, or "--lcores" and the map, if the machine has all cpus; else "--lcores",
--- "1@0,2@1,3@0,..." and a notice. Nil, reason for a bad spec.
function lcores.fit(spec, cpus)
  local map, why = map_of(spec)
  if not map then return nil, why end
  local ids = cpu_ids(cpus)
  if #ids == 0 then return nil, "this machine reports no cpus" end
  local list = ids_of(map)
  local asked = type(spec) == "string" and spec or lcores.text(list)
  local value, is_changed
  if asked:find "[@(]" then
    value, is_changed = placed(map, ids)
    if not is_changed then return "--lcores", value end
  elseif fits(list, ids) then
    return "-l", asked
  end
  value = value or dealt(list, ids)
  local notice = ("lcores %s requested, but this machine has %d %s: --lcores %s"):format(
    asked, #ids, #ids == 1 and "cpu" or "cpus", value)
  return "--lcores", value, notice
end

return lcores
