---@meta

--- A program at a pty or on pipes, or a socket. All output goes to a transcript. A failure is raised:
--- { code, op, what, tail }.
---@class console
local console = {}

--- Waits for a text, or one of several, in what the program prints next. Returns the text before it and the number of
--- the match. Raises after the deadline, at the program's end, and where output was dropped (the memory has 1 MiB). Next
--- is: after the last act at this console (its start, a command, type, signal, eof), and behind the text that a wait has
--- found since. If its start was the only act, and that text was found, or if the task has acted elsewhere since: after
--- this call; directly after another wait here: behind that one's text. Options: `timeout` in seconds (10); `after`: a mark
--- (console:mark), for what an act elsewhere causes; `from`: "start" looks at all output, "last" begins behind the text or
--- the reply that was found last.
---@param text string|string[]
---@param options? seconds|table seconds, or { timeout, after, from }
---@return string, number
function console:expect(text, options) end

--- Sets the console's prompt. Options: `torn`: it begins a line, and other threads' lines may tear it, as DPDK's;
--- `echo`: the program prints each line that it reads. Returns the console.
---@param prompt string
---@param options? table { torn = true, echo = true }
---@return console
function console:set_prompt(prompt, options) end

--- Waits for the prompt. Returns the text before it. An error where its beginning was dropped.
---@param seconds? number (10)
---@return string
function console:await_prompt(seconds) end

--- Moves the mark to the end of the output, sends a line and waits for the prompt. Returns the reply. With the option
--- `echo` of set_prompt it is what was printed behind the echo, and an echo that is not the line is an error: the program
--- cut it, or lost characters. Also an error: a reply whose beginning was dropped.
---@param line string
---@param seconds? number (10)
---@return string
function console:command(line, seconds) end

--- Types bytes as they are.
---@param bytes string
---@return boolean
function console:type(bytes) end

--- The number of bytes of its stdout that have come, with escape sequences.
---@return number
function console:received() end

--- Closes the input of the program.
function console:eof() end

--- Waits until the program exits. Returns { code, signal, lost }: `signal` is a name, "SIGKILL".
---@param seconds? number
---@return table
function console:await_exit(seconds) end

--- Returns { code, signal, lost }, or nil while the program runs.
---@return table?
function console:exit() end

--- Sends a signal to its process group.
---@param name string
---@return boolean
function console:signal(name) end

--- Ends the program: its quit line or SIGTERM first, SIGKILL at the deadline. Returns { code, signal, lost }.
---@param seconds? number
---@return table
function console:close(seconds) end

--- The last lines of the output.
---@param lines? number
---@return string
function console:tail(lines) end

--- The time of the last output, on the clock of the run; nil without any output.
---@return number?
function console:last_output() end

--- The present end of the output, for expect's option `after` and for since().
---@return number
function console:mark() end

--- The output since a mark. It changes nothing for expect.
---@param mark number
---@return string
function console:since(mark) end

--- Of all its output the first line with each of some texts, in order: an array of { which (of the texts), lines (that
--- line, the last, and up to eight in front of it) }. An asterisk in a text stands for any characters.
---@param texts string[]
---@return table[]
function console:find(texts) end

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
