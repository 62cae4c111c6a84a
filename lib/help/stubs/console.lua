---@meta

--- A program at a pty or on pipes, or a socket; what it says is recorded in a transcript. Errors are values: nil and
--- { code, op, what, tail }.
---@class console
local console = {}

--- Waits for a text, or one of several: what came before it, which (a number), how much of that was dropped.
---@param text string|string[]
---@param seconds? number (10)
---@return string?, number|table, number?
function console:expect(text, seconds) end

--- Sends a line and waits for a prompt: the reply (the echo in front), which prompt, how much was dropped.
---@param line string
---@param prompt string|string[]
---@param seconds? number (10)
---@return string?, number|table, number?
function console:command(line, prompt, seconds) end

--- Types bytes.
---@param bytes string
---@return boolean?, table?
function console:type(bytes) end

--- Ends its input.
function console:eof() end

--- Waits for its end: { code, signal, lost }: the exit status, or a signal by its name ("SIGKILL").
---@param seconds? number
---@return table?, table?
function console:await_exit(seconds) end

--- { code, signal, lost }, nil while it runs.
---@return table?
function console:exit() end

--- Signals its process group.
---@param name string
---@return boolean?, table?
function console:signal(name) end

--- Ends it: its soft end, then its hard one. Returns { code, signal, lost }.
---@param seconds? number
---@return table?, table?
function console:close(seconds) end

--- Its last lines.
---@param lines? number
---@return string
function console:tail(lines) end

--- When it last said something, on engine.now()'s clock; nil where it never did.
---@return number?
function console:heard() end

--- A place in what it said, for since().
---@return number
function console:position() end

--- What it said since then.
---@param position number
---@return string
function console:since(position) end

--- The name of its transcript.
---@return string
function console:name() end

--- Its process id; 0 where it is not known.
---@return number
function console:pid() end

--- It is the rig's, and no error where the case leaves it open. Returns it.
---@return console
function console:keep() end

--- Joins it with another: what either says is typed at the other, until one ends; its commands wait meanwhile.
---@param other console
---@return boolean
function console:lend(other) end
