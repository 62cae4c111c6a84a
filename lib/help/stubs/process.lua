---@meta

--- A DPDK process with a console: the methods that testpmd, mp and hotplug_mp share.
---@class process
---@field console console its console
---@field node node where it runs
local process = {}

--- Sends a line and waits for the prompt (the `ready` text). Returns the reply without the echo.
---@param line string
---@param seconds? seconds (10)
---@return string
function process:command(line, seconds) end

--- The present end of its output, for expect's option `after`. Take it before an act elsewhere that makes this process
--- print.
---@return number
function process:mark() end

--- Waits for a text, or one of several, in what the process prints next (console:expect): after its last command,
--- start, type or signal; after its own start alone: after this call. Returns the text before it. p:expect("up", {
--- after = m }) looks behind the mark m = p:mark(), { from = "start" } at all of its output.
---@param text string|string[]
---@param options? seconds|table seconds, or { timeout (10), after, from }
---@return string
function process:expect(text, options) end

--- Types Ctrl-C and waits until the process exits. Returns { code, signal, lost }.
---@param seconds? seconds (15)
---@return table
function process:interrupt(seconds) end

--- Sends a signal to its process group.
---@param name signal TERM, KILL, STOP, CONT, INT, HUP, USR1, USR2 or QUIT
function process:signal(name) end

--- Sends SIGKILL and waits until the process exits. Returns { code, signal, lost }.
---@return table
function process:kill() end

--- Waits until the process exits. Returns { code, signal, lost }: `signal` is a name, "SIGKILL".
---@param seconds? seconds (15)
---@return table
function process:wait(seconds) end

--- Returns { code, signal, lost }, or nil while the process runs.
---@return table?
function process:exit() end

--- Ends the process by its `quit` line, or by SIGTERM without one, and waits. Returns { code, signal, lost }. It is an
--- error if the process had exited before and the case has not seen that (wait, exit).
---@param seconds? seconds (15)
---@return table
function process:quit(seconds) end

--- A client of the telemetry of a primary process.
---@return telemetry
function process:telemetry() end

--- The output since `quit` or `interrupt`; before these, since the start.
---@return string
function process:last_words() end

--- Its EAL file prefix. Another program with it attaches: vm:mp { program = "dpdk-proc-info", proc_type = "secondary",
--- file_prefix = pmd:file_prefix(), args = { "--stats" } }.
---@return string
function process:file_prefix() end

--- Its DPDK version, "22.11.11" or "26.11.0-rc0": as it printed it at its start, or else by its telemetry.
---@return string
function process:version() end

--- The EAL's folder of its sockets on its node: "/var/run/dpdk/PREFIX".
---@return string
function process:runtime_folder() end

--- The name of its console and transcript.
---@return string
function process:name() end

--- The place of its last output, its transcript and the time of the run: "symmetric_mp-1.log at 26.9 s".
---@return string
function process:seen() end
