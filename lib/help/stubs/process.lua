---@meta

--- Options of t:mp and vm:mp.
---@class mp.Options
---@field program string a name on PATH, a path, or one of DPDK's examples
---@field name? string of its console and transcript (the program's)
---@field ready? string|string[] waits for this text; with `quit`, it is the prompt
---@field quit? string the line that ends it; without one SIGTERM does
---@field lcores? string|number "0-1"
---@field proc_type? string auto, primary or secondary ("auto")
---@field file_prefix? string the EAL's: who shares it are one primary and its secondaries
---@field portmask? string|number
---@field num_procs? number
---@field proc_id? number
---@field iova_mode? string pa or va (pa in a guest)
---@field hugepages? boolean (true); a primary and its secondaries share memory in them
---@field memory? number MiB
---@field pci? boolean probes PCI devices (true)
---@field vdevs? table[] as testpmd's
---@field eal? string[] more words for the EAL
---@field args? string[] more words for the program
---@field timeout? number seconds until it is ready (60)

--- A DPDK process at its console.
---@class process
local process = {}

--- One line to its prompt (the text it was `ready` with). Returns the reply, without the echo.
---@param line string
---@param seconds? number (10)
---@return string
function process:command(line, seconds) end

--- Waits for a text (or one of several) in what it prints. Returns what came before it.
---@param text string|string[]
---@param seconds? number (10)
---@return string
function process:expect(text, seconds) end

--- Types Ctrl-C, as a person would, and waits for its end: { code, signal, lost }.
---@param seconds? number (15)
---@return table
function process:interrupt(seconds) end

--- Sends a signal to its process group.
---@param name string TERM, KILL, STOP, CONT, INT, HUP, USR1, USR2 or QUIT
function process:signal(name) end

--- Waits for its end: { code, signal, lost }.
---@param seconds? number (15)
---@return table
function process:wait(seconds) end

--- Has it ended? { code, signal, lost }, or nil while it runs.
---@return table?
function process:exit() end

--- Asks it to end (its `quit` line; SIGTERM without one), and waits: { code, signal, lost }. One that had ended before
--- is an error.
---@param seconds? number (15)
---@return table
function process:quit(seconds) end

--- symmetric_mp's statistics, printed at its end: { [port] = { rx, tx, drop } }.
---@return table
function process:statistics() end

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

--- hotplug_mp at its prompt: all of a process, and
---@class hotplug_mp: process
local hotplug_mp = {}

--- `list`: an array of { port, device }, and by_device, by_port.
---@param seconds? number (20)
---@return table
function hotplug_mp:list(seconds) end

--- `attach DEVARGS`: { ok, words = the reply, log = the EAL's lines }. A refusal is a value, too.
---@param devargs string
---@param seconds? number (20)
---@return table
function hotplug_mp:attach(devargs, seconds) end

--- `detach DEVARGS`: { ok, words, log }.
---@param devargs string
---@param seconds? number (20)
---@return table
function hotplug_mp:detach(devargs, seconds) end
