---@meta

--- A machine that runs programs: this one (t:here()), or one reached by SSH (vm.node, t:node{...}).
---@class node
local node = {}

--- Runs a command until it exits. Returns { code, signal, out, err }, whatever its exit status. Raises if it cannot
--- start, does not exit in time, prints more than 16 MiB (let it write to a file then), or if the node is lost.
---@param argv string[] without a shell; { "sh", "-c", "..." } calls one
---@param options? table { timeout (30), input, cwd, env = { NAME = "value" } }
---@return table
function node:run(argv, options) end

--- Starts a program at a console. Options: { name, quit (the line that ends it), grace (seconds until it is killed),
--- cwd, env, pipes (true: no pty) }. Raises if it cannot start.
---@param argv string[]
---@param options? table
---@return console
function node:spawn(argv, options) end

--- Copies a file or a folder of this machine to the node. Returns the copy's path. `to` is its name; in a folder that
--- exists it gets the name of `from`. Modes are kept, and links in a folder stay links; `from` itself is followed. A file
--- replaces a file, a folder replaces nothing. The name appears once all is there. An error names the side:
--- "No space left on device: vm:/x".
---@param from text relative to the working folder
---@param to text relative to the home of the node's user
---@param options? table { timeout (120) }
---@return string
function node:push(from, to, options) end

--- Copies a file or a folder of the node to this machine, as push does: node:pull("/tmp/x.pcap", t:dir()).
---@param from text
---@param to text
---@param options? table { timeout (120) }
---@return string
function node:pull(from, to, options) end

--- Registers a command that runs there when this session ends, also if it is cut. Returns an id, or 0 if it is not
--- possible.
---@param argv string[]
---@return number
function node:undo(argv) end

--- The name of the node.
---@return string
function node:name() end

--- What the login shell there prints before each command, of which it is no output: at most 256 bytes, "" for nothing.
---@return string
function node:preamble() end

--- True for this machine.
---@return boolean
function node:is_here() end

--- Ends the SSH session.
function node:close() end

--- Ends the SSH session at once, with the consoles there, and asks nothing of the machine: it does not answer.
function node:cut() end
