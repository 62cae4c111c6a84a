--- parsers: each parser of lib/ on a hostile text: a table or nil and a reason, and no number that a
--- program cannot have printed. Returns the function that fuzz_parsers calls with each text.

-- The engine's numbers that do not fit, as their digits; and an address has one form.
package.loaded.engine = { pci_name = function() end, number = { set_unfit = rawset,
  text = function(record, name) return type(record[name]) == "string" and record[name] or nil end } }

local parse = require "dpdk.parse"
local encoding = require "base.encoding"

local function must(ok, ...)
  if not ok then error(("does not hold: %s %s"):format(...), 0) end
end

local function is_counter(value, max)
  if max == 2 ^ 53 and type(value) == "string" then return #value <= 20 and value:find "^%d+$" ~= nil end
  return type(value) == "number" and value >= 0 and value <= max and value % 1 == 0
end

local function check_counters(name, record, max)
  for key, value in pairs(record) do must(is_counter(value, max), name, key) end
end

local function check_ports(name, ports, max)
  for port, record in pairs(ports) do
    must(is_counter(port, 65535), name, "port")
    check_counters(name, record, max)
  end
  must(next(ports) ~= nil, name, "a port")
end

local CHECKS = {}

function CHECKS.port_stats(ports) check_ports("port_stats", ports, 2 ^ 53) end
function CHECKS.symmetric_stats(ports) check_ports("symmetric_stats", ports, 2 ^ 32 - 1) end

function CHECKS.forward_stats(result)
  check_ports("forward_stats", result.ports, 2 ^ 53)
  check_counters("forward_stats", result.all, 2 ^ 53)
  for _, stream in ipairs(result.streams) do check_counters("stream", stream, 2 ^ 53) end
end

function CHECKS.port_info(ports)
  for port, record in pairs(ports) do
    must(is_counter(port, 65535), "port_info", "port")
    must(type(record.mac) == "string" and #record.mac == 17, "port_info", "mac")
    must(record.link == "up" or record.link == "down", "port_info", "link")
    must(is_counter(record.rx_queues, 2 ^ 53), "port_info", "rx_queues")
    must(is_counter(record.socket, 2 ^ 32 - 1), "port_info", "socket")
  end
end

function CHECKS.device_list(list)
  for _, row in ipairs(list) do
    must(is_counter(row.port, 65535) and list.by_port[row.port] == row.device, "device_list", "by_port")
    must(list.by_device[row.device] == row.port, "device_list", "by_device")
  end
end

function CHECKS.vhost_events(events, text)
  for _, event in ipairs(events) do
    must(text:gsub("\r", ""):find(event.socket, 1, true), "vhost_events", "socket")
    must(event.why == nil or type(event.why) == "string", "vhost_events", "why")
    for _, key in ipairs { "fd", "device", "status", "queue", "base" } do
      must(event[key] == nil or is_counter(event[key], 2 ^ 32 - 1), "vhost_events", key)
    end
  end
end

function CHECKS.eal_errors(errors)
  for i, e in ipairs(errors) do must(i == 1 or e.line > errors[i - 1].line, "eal_errors", "line") end
end

local function check_answer(name, check, text, ok, result, why)
  must(ok, name, tostring(result))
  if result == nil then
    must(type(why) == "string" and why ~= "" and #why < 1000, name, "reason")
  else
    must(type(result) == "table", name, "table")
    if check then check(result, text) end
  end
end

local function check_scrub(text)
  local once = encoding.scrub(text)
  must(encoding.scrub(once) == once, "scrub", "valid text")
  must(#encoding.cut(once, 10) <= 40, "cut", "length")
end

return function(text)
  for name, check in pairs(CHECKS) do
    check_answer(name, check, text, pcall(parse[name], text))
  end
  for _, verb in ipairs { "attach", "detach" } do
    check_answer("hotplug_reply", nil, text, pcall(parse.hotplug_reply, verb, "0000:00:05.0", text))
  end
  check_scrub(text)
end
