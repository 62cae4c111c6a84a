---@meta

--- A client of a DPDK process's telemetry socket (v2).
---@class telemetry
local telemetry = {}

--- Sends a request: ask "/ethdev/stats,0". Returns the answer.
---@param command text
---@param seconds? seconds (10)
---@return any
function telemetry:ask(command, seconds) end

--- The port ids: { 0, 1 }.
---@return number[]
function telemetry:ports() end

--- The basic counters of a port: { ipackets, opackets, ibytes, obytes, imissed, ierrors, oerrors, ... }.
---@param port whole
---@return table
function telemetry:port(port) end

--- The properties of a port: { name (its device's), state, nb_rx_queues, nb_tx_queues, ... }.
---@param port whole
---@return table
function telemetry:info(port) end

--- The extended counters of a port, with those of each queue: { rx_q0_good_packets = n, ... }.
---@param port whole
---@return table
function telemetry:extended(port) end

--- The greeting of the process: { version = "DPDK 22.11.11", pid, max_output_len }.
---@return table
function telemetry:greeting() end

--- Closes the connection.
function telemetry:close() end
