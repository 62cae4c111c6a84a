--- vdev: DPDK's virtual devices in scenarios, and their devargs.

local fail = require "base.fail"
local kind = require "base.kind"
local releases = require "dpdk.releases"
local suggest = require "base.suggest"

local vdev = {}

-- Older names of drivers, which DPDK takes too (RTE_PMD_REGISTER_ALIAS), and test plans write.
local ALIASES = { eth_vhost = "net_vhost", virtio_user = "net_virtio_user", eth_null = "net_null",
  eth_ring = "net_ring", eth_pcap = "net_pcap", eth_af_packet = "net_af_packet", eth_bond = "net_bonding",
  eth_tap = "net_tap" }

-- The key with the socket's path, by driver.
local SOCKETS = { net_vhost = "iface", net_virtio_user = "path" }

-- The key of a device's socket, by the beginning of its name, as DPDK finds the driver (drivers/bus/vdev/vdev.c).
local function socket_key(name)
  for driver, key in pairs(SOCKETS) do
    if name:sub(1, #driver) == driver then return key end
  end
  for alias, driver in pairs(ALIASES) do
    if name:sub(1, #alias) == alias then return SOCKETS[driver] end
  end
end

-- The device's name, and its "key=value" parts: a comma in brackets is a value's own.
local function taken_apart(text)
  local guarded = text:gsub("%b[]", function(list) return (list:gsub(",", "\0")) end)
  local parts = {}
  for part in (guarded .. ","):gmatch "([^,]*)," do parts[#parts + 1] = (part:gsub("%z", ",")) end
  return table.remove(parts, 1), parts
end

local HOW = 'a vdev is "net_vhost0,iface=vhost-net,queues=2" or { "net_vhost0", iface = "vhost-net", queues = 2 }'

local function from_text(caller, text)
  local name, parts = taken_apart(text)
  if not name:find "^[%w_%.:-]+$" then fail.misuse("%s: vdev %q begins with no device name; %s", caller, text, HOW) end
  for _, part in ipairs(parts) do
    if not part:find "^[^=%s]+=" then fail.misuse("%s: vdev %q: %q is no key=value; %s", caller, text, part, HOW) end
  end
  return name, parts
end

local function from_table(caller, one)
  if type(one[1]) ~= "string" then fail.misuse("%s: %s, not %s", caller, HOW, kind.given(one)) end
  local keys, parts = {}, {}
  for key, value in pairs(one) do
    if type(key) == "string" then keys[#keys + 1] = key end
    if key ~= 1 and type(key) ~= "string" or type(value) == "table" then
      fail.misuse("%s: vdev %s: %s; %s", caller, one[1], kind.given(value), HOW)
    end
  end
  table.sort(keys)
  for i, key in ipairs(keys) do
    local value = one[key]
    if type(value) == "boolean" then value = value and 1 or 0 end
    if tostring(value):gsub("%b[]", ""):find(",", 1, true) then
      fail.misuse("%s: vdev %s: %s = %q has a comma, which DPDK's device arguments cannot have", caller, one[1], key,
        value)
    end
    parts[i] = ("%s=%s"):format(key, tostring(value))
  end
  return one[1], parts
end

-- Characters at which rte_kvargs_tokenize (lib/kvargs/rte_kvargs.c) ends a value or begins a list.
local SPECIAL = { [","] = "a comma", ["="] = "an equals sign", ["["] = "an opening bracket" }

-- sun_path has 108 bytes, its end included.
local LONGEST_PATH = 107

-- A socket's path, whole: a relative one is in the case's folder.
local function socket_path(caller, given, ctx, node)
  local is_whole = given:sub(1, 1) == "/"
  local path = is_whole and given or ctx:scratch_on(node) .. "/" .. given
  if #path > LONGEST_PATH then
    fail.misuse("%s: socket path %s is too long: %d bytes, at most %d fit", caller, path, #path, LONGEST_PATH)
  end
  local special = path:match "[,=%[]"
  if not special then return path end
  local remedy = given:find(special, 1, true) and "name another path" or "set TMPDIR to a folder without it"
  fail.misuse("%s: socket path %s has %s, which DPDK's device arguments cannot have: %s", caller, path,
    SPECIAL[special], remedy)
end

-- A vdev's devargs. A socket's relative path is in the case's folder; the case owns a new socket elsewhere.
local function devargs(caller, one, ctx, node)
  local form = type(one)
  if form ~= "string" and form ~= "table" then fail.misuse("%s: %s, not %s", caller, HOW, kind.given(one)) end
  local name, parts = (form == "string" and from_text or from_table)(caller, one)
  local key = socket_key(name)
  for i, part in ipairs(parts) do
    local path = key and part:match("^" .. key .. "=(.*)$")
    if path then
      path = socket_path(caller, path, ctx, node)
      if node:is_here() then ctx:own_socket(path) end
      parts[i] = key .. "=" .. path
    end
  end
  table.insert(parts, 1, name)
  return table.concat(parts, ",")
end

local SINGLE_FILE = "--single-file-segments"

--- The EAL's words `words` (an array, or nil), with those that these devargs need on hugepages: a vhost backend takes
--- eight regions of memory at most, and without the word virtio-user has one for each page (lib/vhost/rte_vhost.h).
function vdev.with_words(list, words)
  local out, is_needed = { unpack(words or {}) }, false
  for _, devargs_of in ipairs(list) do is_needed = is_needed or socket_key(devargs_of) == "path" end
  for _, word in ipairs(out) do is_needed = is_needed and word ~= SINGLE_FILE end
  if is_needed then out[#out + 1] = SINGLE_FILE end
  return out
end

--- The devargs of `list` (texts or tables, or nil) on a node. `caller`: for errors.
function vdev.list(caller, list, ctx, node)
  local out = {}
  for i, one in ipairs(list or {}) do out[i] = devargs(caller, one, ctx, node) end
  return out
end

-- The vdev drivers of Debian's DPDK.
local DRIVERS = { "net_null", "net_ring", "net_vhost", "net_virtio_user", "net_tap", "net_pcap", "net_af_packet",
  "net_memif", "net_bonding", "net_failsafe", "net_softnic", "eth_vdev_netvsc", "net_af_xdp", "net_kni" }
for alias in pairs(ALIASES) do DRIVERS[#DRIVERS + 1] = alias end
table.sort(DRIVERS)

--- A hint at the most similar driver, if the EAL's last lines (`text`) report an unknown one; else nil.
function vdev.hint(text)
  local name = (text or ""):match '[Ff]ailed to parse device "([^"]*)"'
  local best = name and suggest.best(name:match "^(.-)%d*$", DRIVERS)
  return name and ("no driver makes a device %s%s"):format(name, best and (" (did you mean %s?)"):format(best) or "")
end

-- What to do about a refused device, if the driver's log does not name it.
local function remedy(one, words)
  if socket_key(one) ~= "path" or not words:find("No such file or directory", 1, true) then return "" end
  return ": nobody listens on its path: net_vhost makes its socket only when its testpmd is at the prompt, so "
    .. "give virtio-user to another testpmd that starts later (or use `port attach`)"
end

-- The last lines have the reason.
local REASON = ("[^\n]*\n"):rep(4) .. "[^\n]*$"

-- The text up to the words that refuse a device; nil without them.
local function up_to_refusal(text, name)
  local words, pattern = releases.match("vdev_refused", text, name)
  if not words then return nil end
  local _, stop = text:find(pattern)
  return text:sub(1, stop)
end

--- Raises if a device of `list` (vdev.list's) was not made but the program continued without it. `text`: the output at
--- its start. `caller`: for the error.
function vdev.check_made(caller, list, text)
  for _, one in ipairs(list) do
    local words = up_to_refusal(text, one:match "^[^,]*")
    if words then
      local what = ("vdev %s was not made%s"):format(one, remedy(one, words))
      fail.raise("ENODEV", caller, what, words:match(REASON) or words)
    end
  end
  -- lib/eal/common/eal_common_bus.c, in all releases: the words in front are none that we know
  local words = text:match "^.-Bus %(vdev%) probe failed[^\n]*"
  if words then fail.raise("ENODEV", caller, "a vdev was not made", words:match(REASON) or words) end
end

return vdev
