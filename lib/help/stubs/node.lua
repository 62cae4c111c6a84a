---@meta

--- A machine that runs programs: this one (t:here()), or one reached by SSH (vm.node, t:node{...}).
---@class node
local node = {}

--- Runs a command until it exits. Returns { code, signal, out, err }; nil and an error if it cannot start, does not
--- exit in time, or prints more than 16 MiB: let it write to a file then.
---@param argv string[] without a shell; { "sh", "-c", "..." } calls one
---@param options? table { timeout (30), input, cwd, env = { "NAME=value" } }
---@return table?, table?
function node:run(argv, options) end

--- Starts a program at a console. Options: { name, quit (the line that ends it), grace (seconds until it is killed),
--- cwd, env, pipes (true: no pty) }. Returns nil and an error if it cannot start.
---@param argv string[]
---@param options? table
---@return console?, table?
function node:spawn(argv, options) end

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
