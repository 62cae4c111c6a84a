---@meta

--- Options of t:testpmd.
---@class testpmd.Options
---@field lcores? string|table "0-3", or an EAL map; fitted to the processors that are here
---@field vdevs? table[] { "net_vhost0", iface = "vhost-net", queues = 2 }; sockets lie in the case's folder, a vhost's once it is up
---@field rxq? number queues to receive from, each port
---@field txq? number queues to send on, each port
---@field rxd? number descriptors a receive queue
---@field txd? number descriptors a send queue
---@field nb_cores? number lcores that forward
---@field mbufs? number mbufs in the pool (8192 without hugepages)
---@field memory? number MiB for the EAL (512 without hugepages)
---@field hugepages? boolean (false)
---@field pci? boolean probes PCI devices (false)
---@field allow? string[] PCI addresses to probe
---@field file_prefix? string the EAL's, made the case's own ("vhost")
---@field eal? string[] more words for the EAL
---@field args? string[] more words for testpmd
---@field program? string ("dpdk-testpmd")
---@field name? string of its console and transcript ("testpmd")
---@field timeout? number seconds to its prompt (30)

--- dpdk-testpmd at its prompt.
---@class testpmd
local testpmd = {}

--- One line to the prompt. Returns what came before the next one, without the echo; a line that testpmd cannot use is
--- an error.
---@param line string
---@param seconds? number (10)
---@return string
function testpmd:command(line, seconds) end

--- `set fwd MODE`: io, mac, txonly, rxonly, ...
---@param mode string
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
---@param port? number
---@return table
function testpmd:port_stats(port) end

--- `show port info N`: { name, driver, mac, link, rx_queues, ... }.
---@param port number
---@return table
function testpmd:port_info(port) end

--- A client of its telemetry.
---@return telemetry
function testpmd:telemetry() end

--- `quit`, and waits for its end; one that does not end with exit status 0, or had ended before, is an error.
---@param seconds? number (15)
function testpmd:quit(seconds) end

--- SIGKILL, and waits for its end. Returns { code, signal, lost }.
---@return table
function testpmd:kill() end

--- The name of its console and transcript.
---@return string
function testpmd:name() end

--- Where its last words are found: "testpmd.log at 22.4 s".
---@return string
function testpmd:seen() end
