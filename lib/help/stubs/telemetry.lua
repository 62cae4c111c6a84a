---@meta

--- A client of a DPDK process's telemetry socket (v2).
---@class telemetry
local telemetry = {}

--- One question: ask "/ethdev/stats,0". Returns its answer.
---@param command text
---@param seconds? seconds (10)
---@return any
function telemetry:ask(command, seconds) end

--- Port ids: { 0, 1 }.
---@return number[]
function telemetry:ports() end

--- A port's basic counters: { ipackets, opackets, ibytes, obytes, imissed, ierrors, oerrors, ... }.
---@param port whole
---@return table
function telemetry:port(port) end

--- What a port is: { name, state, nb_rx_queues, nb_tx_queues, ... }.
---@param port whole
---@return table
function telemetry:info(port) end

--- A port's extended counters, per queue too: { rx_q0_good_packets = n, ... }.
---@param port whole
---@return table
function telemetry:extended(port) end

--- Who answers: { version, pid, max_output_len }.
---@return table
function telemetry:greeting() end

--- Ends the connection.
function telemetry:close() end
