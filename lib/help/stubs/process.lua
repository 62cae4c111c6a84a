---@meta

--- A DPDK process at its console: what testpmd, mp and hotplug_mp have in common.
---@class process
local process = {}

--- One line to its prompt (the text it was `ready` with). Returns the reply, without the echo.
---@param line string
---@param seconds? seconds (10)
---@return string
function process:command(line, seconds) end

--- Waits for a text (or one of several) in what it prints. Returns what came before it.
---@param text string|string[]
---@param seconds? seconds (10)
---@return string
function process:expect(text, seconds) end

--- Types Ctrl-C, as a person would, and waits for its end: { code, signal, lost }.
---@param seconds? seconds (15)
---@return table
function process:interrupt(seconds) end

--- Sends a signal to its process group.
---@param name signal TERM, KILL, STOP, CONT, INT, HUP, USR1, USR2 or QUIT
function process:signal(name) end

--- SIGKILL, and waits for its end. Returns { code, signal, lost }.
---@return table
function process:kill() end

--- Waits for its end: { code, signal, lost }: the exit status, or a signal by its name ("SIGKILL").
---@param seconds? seconds (15)
---@return table
function process:wait(seconds) end

--- Has it ended? { code, signal, lost }, or nil while it runs.
---@return table?
function process:exit() end

--- Asks it to end (its `quit` line; SIGTERM without one), and waits: { code, signal, lost }. One that had ended before
--- is an error.
---@param seconds? seconds (15)
---@return table
function process:quit(seconds) end

--- A client of its telemetry, where it is a primary.
---@return telemetry
function process:telemetry() end

--- What it said since it was asked to end (or since its start).
---@return string
function process:last_words() end

--- The name of its console and transcript.
---@return string
function process:name() end

--- Where its last words are found: "symmetric_mp-1.log at 26.9 s".
---@return string
function process:seen() end
