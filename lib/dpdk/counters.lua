--- counters: the packet counters of testpmd, symmetric_mp and telemetry as tables. Use it as `parse`.
---
--- Each parser takes the text of one reply, ends of lines included, and returns a table, or nil and a reason that names
--- the line. A counter that is missing, doubled, cut or no number of 64 bits is an error. One of testpmd's above 2^53
--- does not fit into a Lua number: to read it from the table is an error that names it.

local lines = require "base.lines"

local counters = {}

-- A line of counters, "RX-packets: 5  RX-missed: 0", by its words: its counters are rx_packets and rx_missed. "_" is a
-- blank in a word.
-- "dropped" is padded to 14 with no blank behind it, so a large one touches the next word. (No pattern has two runs of
-- blanks side by side: it would try all ways to share them out.)
local function shape(words, is_optional)
  local pattern, names, gap = "^", {}, ""
  for word in words:gmatch "%S+" do
    names[#names + 1] = word:lower():gsub("[-_]+", "_")
    pattern = ("%s%s%s:%%s*(%%S+)"):format(pattern, gap, (word:gsub("%-", "%%-"):gsub("_", " ")))
    gap = word:find "dropped$" and "%s*" or "%s+"
  end
  return { pattern = pattern .. "$", names = names, is_optional = is_optional }
end

-- testpmd, app/test-pmd/config.c, nic_stats_display
local PORT_SHAPES = { shape "RX-packets RX-missed RX-bytes", shape "RX-errors", shape "RX-nombuf",
  shape "TX-packets TX-errors TX-bytes", shape "Rx-pps Rx-bps", shape "Tx-pps Tx-bps" }

-- testpmd, app/test-pmd/testpmd.c, fwd_stats_display
local FORWARD_SHAPES = { shape "RX-packets RX-dropped RX-total", shape "TX-packets TX-dropped TX-total",
  shape("RX-error", true), shape("RX-nombufs", true),
  -- of `set fwd csum`
  shape("Bad-ipcsum Bad-l4csum Bad-outer-l4csum", true), shape("Bad-outer-ipcsum", true) }

-- fwd_stream_stats_display: printed only for ports with several queues. The longer one is of `set fwd csum`.
local STREAM_SHAPES = { shape "RX-packets TX-packets TX-dropped",
  shape "RX-packets TX-packets TX-dropped RX-_bad_IP_checksum Rx-_bad_L4_checksum Rx-_bad_outer_L4_checksum" }

-- Stores the counters of a line. True if it has some, false for another line.
local function take(line, shapes, record)
  for _, one in ipairs(shapes) do
    local found = { line.text:match(one.pattern) }
    for i, digits in ipairs(found) do
      lines.put(record, line, one.names[i], digits)
    end
    if found[1] then return true end
  end
  if (line.text:find "^[RT][Xx]%-%a" and not line.text:find "^[RT]X%-bursts") or line.text:find "^Bad%-" then
    lines.refuse(line, "a counter line that is cut or garbled")
  end
  return false
end

-- A block of counters is complete: at its border, or without one where it is full.
local function check_complete(block, line)
  for _, one in ipairs(block.shapes) do
    for _, name in ipairs(one.names) do
      local is_missing = not one.is_optional and not lines.has(block.record, name)
      if is_missing then lines.refuse(line, ("%s ends without %s"):format(block.title, name)) end
    end
  end
end

-- Reads a line of a block; true if the block ends with it.
local function read_block_line(block, line)
  if block.border and line.text:find(block.border) then
    if #line.text < 60 then lines.refuse(line, "the line that ends " .. block.title .. " is cut") end
    check_complete(block, line)
    return true
  end
  return take(line, block.shapes, block.record) and not block.border
end

local REFUSALS = { "^Invalid port", "^Bad arguments", "^Packet forwarding not started", "^Command not found" }

-- Outside of blocks, counters and borders are an error. The reason of a refusal by testpmd, or nil.
local function check_outside(line)
  if line.text:find("^[RT]X%-packets:") or line.text:find("^##+$") then
    lines.refuse(line, "counters without the header that names their port")
  end
  for _, pattern in ipairs(REFUSALS) do
    if line.text:find(pattern) then return lines.reason(line, "testpmd refused") end
  end
end

-- Calls `open(line)`, which returns a block for a header and nil for other lines. Returns testpmd's refusal, or nil.
local function read_blocks(list, open)
  local block, refused
  for _, line in ipairs(list) do
    local opened = open(line)
    if opened then
      if block then lines.refuse(line, block.title .. " was not ended before this") end
      block = opened
    elseif block then
      if read_block_line(block, line) then block = nil end
    else
      refused = refused or check_outside(line)
    end
  end
  if block then lines.refuse(nil, block.title .. " is cut: the text ends inside it") end
  return refused
end

local function port_block(ports, line, port, shapes, border, title)
  local number = lines.number(line, "port", port, 65535)
  title = title .. " of port " .. number
  if ports[number] then lines.refuse(line, title .. " a second time") end
  ports[number] = {}
  return { title = title, shapes = shapes, border = border, record = ports[number] }
end

local function read_port_stats(list)
  local ports = {}
  local refused = read_blocks(list, function(line)
    if not line.text:find("NIC statistics for port", 1, true) then return nil end
    local port = line.text:match("^#+ NIC statistics for port (%S+)%s+#+$")
    if port then return port_block(ports, line, port, PORT_SHAPES, "^#+$", "the statistics") end
    if line.text:find("^NIC statistics for port %d+ cleared$") then return nil end
    lines.refuse(line, "the header of a port's statistics is cut or garbled")
  end)
  if next(ports) == nil then lines.refuse(nil, refused or "no port's statistics in the text") end
  return ports
end

--- testpmd's `show port stats all|N`: { [port] = { rx_packets, rx_missed, rx_bytes, rx_errors, rx_nombuf, tx_packets,
--- tx_errors, tx_bytes, rx_pps, rx_bps, tx_pps, tx_bps } }, or nil, reason. Rates are per second, since the last
--- `show`.
function counters.port_stats(text) return lines.parse(text, read_port_stats) end

local STREAM = "^%-+ Forward Stats for RX Port=%s*(%d+)/Queue=%s*(%d+) %-> TX Port=%s*(%d+)/Queue=%s*(%d+) %-+$"

local function open_stream(result, line)
  local ids = { line.text:match(STREAM) }
  if not ids[1] then lines.refuse(line, "the header of a stream is cut or garbled") end
  for i, digits in ipairs(ids) do ids[i] = lines.number(line, "stream", digits, 65535) end
  local key = table.concat(ids, "/")
  if result.seen[key] then lines.refuse(line, "a stream a second time") end
  result.seen[key] = true
  local stream = { rx_port = ids[1], rx_queue = ids[2], tx_port = ids[3], tx_queue = ids[4] }
  table.insert(result.streams, stream)
  return { title = "the stream " .. key, shapes = STREAM_SHAPES, record = stream }
end

local function open_forward(result, line)
  local text = line.text
  if text:find("Forward Stats for RX Port", 1, true) then return open_stream(result, line) end
  if text:find("Forward statistics for port", 1, true) then
    local port = text:match("^%-+ Forward statistics for port (%S+)%s+%-+$")
    if not port then lines.refuse(line, "the header of a port is cut or garbled") end
    return port_block(result.ports, line, port, FORWARD_SHAPES, "^%-+$", "the forward statistics")
  end
  if not text:find("Accumulated forward statistics", 1, true) then return nil end
  if not text:find("^%++ Accumulated forward statistics for all ports%++$") then
    lines.refuse(line, "the header of the sums is cut or garbled")
  end
  if result.all then lines.refuse(line, "the accumulated statistics a second time") end
  result.all = {}
  return { title = "the accumulated statistics", shapes = FORWARD_SHAPES, border = "^%++$", record = result.all }
end

local function read_forward_stats(list)
  local result = { ports = {}, streams = {}, seen = {} }
  local refused = read_blocks(list, function(line) return open_forward(result, line) end)
  if next(result.ports) == nil then lines.refuse(nil, refused or "no port's forward statistics in the text") end
  if not result.all then lines.refuse(nil, "no accumulated forward statistics: the text is cut") end
  result.seen = nil
  return result
end

--- testpmd's `stop` (and `show fwd stats all`): { ports = { [port] = { rx_packets, rx_dropped, rx_total, tx_packets,
--- tx_dropped, tx_total } }, all = { the same, summed by testpmd }, streams = { { rx_port, rx_queue, tx_port, tx_queue,
--- rx_packets, tx_packets, tx_dropped } } }, or nil, reason. `streams` is empty if each port has one queue. After
--- `set fwd csum` ports have bad_ipcsum, bad_l4csum, bad_outer_l4csum and bad_outer_ipcsum, too, and streams
--- rx_bad_ip_checksum, rx_bad_l4_checksum and rx_bad_outer_l4_checksum.
function counters.forward_stats(text) return lines.parse(text, read_forward_stats) end

-- examples/multi_process/symmetric_mp/main.c, print_stats: %u, so 32 bits
local SYMMETRIC = "^Port (%S+): RX %- (%S+), TX %- (%S+), Drop %- (%S+)$"

local function symmetric_line(ports, line)
  if not line.whole then lines.refuse(line, "statistics cut at the end of the text") end
  local found = { line.text:match(SYMMETRIC) }
  if not found[1] then lines.refuse(line, "statistics cut or garbled") end
  local port = lines.number(line, "port", found[1], 65535)
  if ports[port] then lines.refuse(line, "port " .. port .. " a second time") end
  ports[port] = {}
  for i, name in ipairs { "rx", "tx", "drop" } do
    ports[port][name] = lines.number(line, name, found[i + 1], lines.U32)
  end
end

local function read_symmetric_stats(list)
  local ports = {}
  for _, line in ipairs(list) do
    local is_stats = line.text:find("^Port %S+:") or line.text:find("RX %- ") or line.text:find(", Drop", 1, true)
      or (not line.whole and line.text ~= "" and ("Port "):find(line.text, 1, true) == 1)
    if is_stats and not line.text:find("^Port %d+: [%a ]+ event$") then symmetric_line(ports, line) end
  end
  if next(ports) == nil then lines.refuse(nil, "no port's statistics in the text") end
  return ports
end

--- symmetric_mp's statistics at exit: { [port] = { rx, tx, drop } }, counters modulo 2^32, or nil, reason.
function counters.symmetric_stats(text) return lines.parse(text, read_symmetric_stats) end

--- The packets of a port's queues in DPDK's extended statistics (telemetry's /ethdev/xstats): { [queue] = { rx, tx } },
--- nil for a missing direction; empty without queue counters. The names: rx_q0_good_packets of
--- drivers/net/virtio/virtio_ethdev.c and drivers/net/vhost/rte_eth_vhost.c, else lib/ethdev's rx_q0_packets.
function counters.queue_counters(xstats)
  local queues = {}
  for _, pattern in ipairs { "^([rt]x)_q(%d+)_packets$", "^([rt]x)_q(%d+)_good_packets$" } do
    for name, value in pairs(xstats) do
      local way, queue = tostring(name):match(pattern)
      if way then
        queue = tonumber(queue)
        queues[queue] = queues[queue] or {}
        queues[queue][way] = value
      end
    end
  end
  return queues
end

return counters
