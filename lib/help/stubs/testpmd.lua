---@meta

--- dpdk-testpmd at its prompt. It has the methods of `process`, too.
---@class testpmd: process
local testpmd = {}

--- One line to the prompt. Returns what came before the next one, without the echo; a line that testpmd cannot use is
--- an error.
---@param line string
---@param seconds? seconds (10)
---@return string
function testpmd:command(line, seconds) end

--- `set fwd MODE`: io, mac, txonly, rxonly, ...
---@param mode text
function testpmd:set_fwd(mode) end

--- Starts forwarding.
---@param first? boolean sends a first burst (`start tx_first`)
---@return string
function testpmd:start(first) end

--- Stops forwarding. Returns { ports = { [port] = { rx_packets, tx_packets, ... } }, all, streams }; `streams` is
--- empty where each port has one queue, as testpmd tells of none then: else an array of { rx_port, rx_queue, tx_port,
--- tx_queue, rx_packets, tx_packets, tx_dropped }. What is on its way then was sent, and is not received yet.
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

--- `quit`, and waits for its end; one that does not end with exit status 0, or had ended before, is an error.
---@param seconds? seconds (15)
function testpmd:quit(seconds) end
