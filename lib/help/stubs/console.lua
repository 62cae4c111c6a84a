---@meta

--- A program at a pty or on pipes, or a socket. All output goes to a transcript. Failures are values: nil and
--- { code, op, what, tail }.
---@class console
local console = {}

--- Waits for a text, or one of several, behind the mark. Returns the text before it, the number of the match, and how
--- many bytes were dropped. The mark moves behind the match; after a timeout it stays.
---@param text string|string[]
---@param seconds? number (10)
---@return string?, number|table, number?
function console:expect(text, seconds) end

--- Sets the console's prompt: one text, or several texts. An error message shows the first. Returns the console.
---@param prompt string|string[]
---@return console
function console:set_prompt(prompt) end

--- Waits for the prompt. Returns the text before it, the number of the prompt, and how many bytes were dropped.
---@param seconds? number (10)
---@return string?, number|table, number?
function console:await_prompt(seconds) end

--- Moves the mark to the end of the output, sends a line and waits for the prompt. Returns the reply (it starts with the
--- echo), the number of the prompt, and how many bytes were dropped.
---@param line string
---@param seconds? number (10)
---@return string?, number|table, number?
function console:command(line, seconds) end

--- Types bytes as they are.
---@param bytes string
---@return boolean?, table?
function console:type(bytes) end

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
