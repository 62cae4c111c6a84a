---@meta

--- dpdk-testpmd with its prompt. It also has the methods of `process`.
---@class testpmd: process
local testpmd = {}

--- Sends a line and waits for the prompt. Returns the reply without the echo. A line that testpmd refuses is an error.
---@param line string
---@param seconds? seconds (10)
---@return string
function testpmd:command(line, seconds) end

--- `set fwd MODE`: io, mac, txonly, rxonly, ...
---@param mode text
function testpmd:set_fwd(mode) end

--- Starts forwarding; an error where testpmd refuses ("Not all ports were started").
---@param first? boolean sends a first burst (`start tx_first`)
---@return string
function testpmd:start(first) end

--- Stops forwarding. Returns { ports = { [port] = { rx_packets, tx_packets, ... } }, all, streams }. `streams` is an
--- array of { rx_port, rx_queue, tx_port, tx_queue, rx_packets, tx_packets, tx_dropped }; testpmd prints none if each
--- port has one queue, and it is empty then; streams without packets are not in it. Packets in flight count as sent,
--- but not as received. A packet that no ring of a vhost port took is in tx_dropped once, though DPDK since 23.11
--- prints it twice; not so with `set fwd MODE retry`.
---@return table
function testpmd:stop() end

--- `show port stats`: { rx_packets, tx_packets, rx_bytes, ... } of a port, or { [port] = ... } of all.
---@param port? whole
---@return table
function testpmd:port_stats(port) end

--- `show port info N`: { name, driver, mac, link, rx_queues, ... }.
---@param port whole
---@return table
function testpmd:port_info(port) end

--- Sends `quit` and waits until testpmd exits. Another exit status than 0, or an earlier exit, is an error.
---@param seconds? seconds (15)
function testpmd:quit(seconds) end
