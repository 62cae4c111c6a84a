--- parse: the output of DPDK's programs as tables.
---
--- Each parser takes the text of one reply (ends of lines included, without escape codes) and returns a table, or nil
--- and a reason that names the line. Log lines, prompts, echoes and carriage returns are skipped; a line that is cut,
--- garbled or doubled is an error.

local counters = require "dpdk.counters"
local lines = require "base.lines"
local logs = require "dpdk.logs"
local pci = require "dpdk.pci"
local releases = require "dpdk.releases"

local parse = {}
for _, part in ipairs { counters, logs } do
  for name, read in pairs(part) do parse[name] = read end
end

-- Names of the EAL: 0000:00:05.0, net_null0, with the additions of buses.
local DEVICE = "^[%w_%.:/@+-]+$"

local function list_row(result, line)
  if not line.whole then lines.refuse(line, "a device cut at the end of the text") end
  local digits, device = line.text:match("^(%d+)%s+(%S+)$")
  if not digits or not device:find(DEVICE) then lines.refuse(line, "neither a device nor a log line") end
  local port = lines.number(line, "port", digits, 65535)
  if result.by_port[port] then lines.refuse(line, "port " .. port .. " a second time") end
  if result.by_device[device] then lines.refuse(line, "device " .. device .. " a second time") end
  table.insert(result, { port = port, device = device })
  result.by_device[device], result.by_port[port] = port, device
end

local function read_device_list(list)
  local result, header = { by_device = {}, by_port = {} }, false
  for _, line in ipairs(list) do
    local is_log = lines.is_log(line.text) and not line.text:find("%d\t[%w]")
    if line.text == "list all etherdev" then
      if header then lines.refuse(line, "a second list in one reply") end
      header = line.whole
    elseif line.text:find("empty dev_name", 1, true) then
      lines.refuse(line, "hotplug_mp has a port without a name")
    elseif header and not is_log and line.text ~= "" then
      list_row(result, line)
    elseif not is_log and line.text:find("^%d+%s+%S+$") then
      lines.refuse(line, "a device before the list's first line")
    end
  end
  if not header then lines.refuse(nil, 'no "list all etherdev" in the text') end
  return result
end

--- hotplug_mp's `list` (examples/multi_process/hotplug_mp/commands.c): an array of { port, device } in the order
--- printed, with by_device = { [device] = port } and by_port = { [port] = device }. Or nil, reason.
function parse.device_list(text) return lines.parse(text, read_device_list) end

-- hotplug_mp's replies ("failed to attached" is its spelling); the rest of the line is the device.
local REPLIES = {
  { "^attached device ?(.*)$", verb = "attach", ok = true },
  { "^failed to attached device ?(.*)$", verb = "attach", ok = false },
  { "^detached device ?(.*)$", verb = "detach", ok = true },
  { "^failed to detach device ?(.*)$", verb = "detach", ok = false },
  { "^cannot parse devargs()$", ok = false },
}

-- Is `name` the EAL's device for these devargs: `net_null1,size=64`, `pci:0000:00:05.0`, `00:05.0`?
local function names_device(devargs, name)
  local base = devargs:match("^[^,]*")
  return pci.name(name) == pci.name(base) or name == base:match("^%a+:(.*)$")
end

local function reply_of(line)
  for _, shape in ipairs(REPLIES) do
    local device = line.text:match(shape[1])
    if device then return shape, device end
  end
  if line.text:find("ached device") or line.text:find("detach device") then
    lines.refuse(line, "a reply that is cut or garbled")
  end
end

local function check_reply(verb, device, line, shape, name)
  if not line.whole then lines.refuse(line, "a reply cut at the end of the text") end
  if shape.verb and shape.verb ~= verb then lines.refuse(line, ("answers %s, not %s"):format(shape.verb, verb)) end
  if shape.verb and not names_device(device, name) then
    lines.refuse(line, "answers for another device than " .. device)
  end
end

local function read_hotplug_reply(list, verb, device)
  local reply
  for _, line in ipairs(list) do
    local shape, name = reply_of(line)
    if shape then
      check_reply(verb, device, line, shape, name)
      if reply then lines.refuse(line, "a second reply to one command") end
      reply = { ok = shape.ok, words = line.text }
    end
  end
  return reply or lines.refuse(nil, ("no reply to %s %s in the text"):format(verb, device))
end

--- hotplug_mp's reply to `attach DEVICE` or `detach DEVICE`: { ok = was it done, words = the reply line, log = the
--- EAL's errors (see eal_errors) }, or nil, reason. Check `log`, too: DPDK 22.11 prints "attached device" for one that
--- was there already, and only the EAL logs the error.
function parse.hotplug_reply(verb, device, text)
  local reply, why = lines.parse(text, read_hotplug_reply, verb, device)
  if reply then reply.log = parse.eal_errors(text) end
  return reply, why
end

-- A NUMA node; where none is known 2^32 - 1, as releases have it that print no word for it.
local function socket(value)
  return releases.match("any_socket", value) and lines.U32 or lines.counter(value, lines.U32)
end

local function is_word(expected)
  return function(value) return value == expected end
end

-- testpmd, app/test-pmd/config.c, port_infos_display: key, field, how to read the value
local INFO = {
  ["MAC address"] = { "mac", function(v) return v:match("^%x%x:%x%x:%x%x:%x%x:%x%x:%x%x$") end },
  ["Device name"] = { "name", function(v) return v:match("^%S+$") end },
  ["Driver name"] = { "driver", function(v) return v:match("^%S+$") end },
  ["Devargs"] = { "devargs", tostring, optional = true },
  ["Connect to socket"] = { "socket", socket },
  ["Link status"] = { "link", function(v) return v:match("^up$") or v:match("^down$") end },
  ["Link speed"] = { "speed", tostring },
  ["Link duplex"] = { "duplex", tostring },
  ["MTU"] = { "mtu", lines.counter, optional = true },
  ["Promiscuous mode"] = { "promiscuous", is_word "enabled" },
  ["Allmulticast mode"] = { "allmulticast", is_word "enabled" },
  ["Current number of RX queues"] = { "rx_queues", lines.counter },
  ["Max possible RX queues"] = { "max_rx_queues", lines.counter },
  ["Current number of TX queues"] = { "tx_queues", lines.counter },
  ["Max possible TX queues"] = { "max_tx_queues", lines.counter },
}

local function info_line(record, line)
  local key, value = line.text:match("^([%a ]+):%s*(.*)$")
  local rule = key and INFO[key]
  if not rule then return end
  if record[rule[1]] ~= nil then lines.refuse(line, rule[1] .. " a second time") end
  record[rule[1]] = rule[2](value)
  if record[rule[1]] == nil then lines.refuse(line, rule[1] .. " is cut or garbled") end
end

local function check_info(ports)
  for port, record in pairs(ports) do
    for key, rule in pairs(INFO) do
      local is_missing = not rule.optional and record[rule[1]] == nil
      if is_missing then lines.refuse(nil, ("port %d: no line %q: the text is cut"):format(port, key)) end
    end
  end
end

local function read_port_info(list)
  local ports, record = {}, nil
  for _, line in ipairs(list) do
    if line.text:find("Infos for port", 1, true) then
      local port = lines.counter(line.text:match("^%*+ Infos for port (%d+)%s+%*+$") or "", 65535)
      if not port then lines.refuse(line, "the header of a port is cut or garbled") end
      if ports[port] then lines.refuse(line, "port " .. port .. " a second time") end
      record = {}
      ports[port] = record
    elseif record then
      info_line(record, line)
    elseif line.text:find("^Invalid port") then
      lines.refuse(line, "testpmd refused")
    end
  end
  if not record then lines.refuse(nil, "no port's information in the text") end
  check_info(ports)
  return ports
end

--- testpmd's `show port info all|N`: { [port] = { mac, name, driver, devargs, socket (2^32 - 1: any), link = "up" |
--- "down", speed, duplex, mtu, promiscuous, allmulticast (booleans), rx_queues, max_rx_queues, tx_queues, max_tx_queues
--- } }, or nil, reason.
function parse.port_info(text) return lines.parse(text, read_port_info) end

return parse
