---@meta

--- A program at a pty or on pipes, or a socket. All output goes to a transcript. Failures are values: nil and
--- { code, op, what, tail }.
---@class console
local console = {}

--- Waits for a text, or one of several, behind the mark. Returns the text before it and the number of the match. The
--- mark moves behind the match; after a timeout it stays. An error where the text is too long for the memory (1 MiB), so
--- that its beginning is dropped.
---@param text string|string[]
---@param seconds? number (10)
---@return string?, number|table
function console:expect(text, seconds) end

--- Sets the console's prompt. Options: `torn`: it begins a line, and other threads' lines may tear it, as DPDK's;
--- `echo`: the program prints each line that it reads. Returns the console.
---@param prompt string
---@param options? table { torn = true, echo = true }
---@return console
function console:set_prompt(prompt, options) end

--- Waits for the prompt. Returns the text before it. An error where its beginning was dropped.
---@param seconds? number (10)
---@return string?, table?
function console:await_prompt(seconds) end

--- Moves the mark to the end of the output, sends a line and waits for the prompt. Returns the reply. With the option
--- `echo` of set_prompt it is what was printed behind the echo, and an echo that is not the line is an error: the program
--- cut it, or lost characters. Also an error: a reply whose beginning was dropped.
---@param line string
---@param seconds? number (10)
---@return string?, table?
function console:command(line, seconds) end

--- Types bytes as they are.
---@param bytes string
---@return boolean?, table?
function console:type(bytes) end

--- The number of bytes of its stdout that have come, with escape sequences.
---@return number
function console:received() end

--- Closes the input of the program.
function console:eof() end

--- Waits until the program exits. Returns { code, signal, lost }: `signal` is a name, "SIGKILL".
---@param seconds? number
---@return table?, table?
function console:await_exit(seconds) end

--- Returns { code, signal, lost }, or nil while the program runs.
---@return table?
function console:exit() end

--- Sends a signal to its process group.
---@param name string
---@return boolean?, table?
function console:signal(name) end

--- Ends the program: its quit line or SIGTERM first, SIGKILL at the deadline. Returns { code, signal, lost }.
---@param seconds? number
---@return table?, table?
function console:close(seconds) end

--- The last lines of the output.
---@param lines? number
---@return string
function console:tail(lines) end

--- The time of the last output, on the clock of the run; nil without any output.
---@return number?
function console:last_output() end

--- The present position in the output, for since().
---@return number
function console:position() end

--- The output since a position. The mark does not move.
---@param position number
---@return string
function console:since(position) end

--- The name of the console and of its transcript.
---@return string
function console:name() end

--- The process id; 0 if it is not known.
---@return number
function console:pid() end

--- Marks it as a part of the rig: the case may leave it open. Returns the console.
---@return console
function console:keep() end

--- Connects it with another console until one ends: the output of each is typed at the other. Commands wait meanwhile.
---@param other console
---@return boolean
function console:lend(other) end
