---@meta

--- Where things run: this machine (t:here()), or one reached by SSH (vm.node, t:node{...}).
---@class node
local node = {}

--- Runs a command to its end: { code, signal, out, err }; nil and an error where it cannot run, or does not end.
---@param argv string[] no shell: { "sh", "-c", "..." } for one
---@param options? table { timeout (30), input, cwd, env = { "NAME=value" } }
---@return table?, table?
function node:run(argv, options) end

--- Starts a program at a console: { name, quit (the line that ends it), grace, cwd, env, pipes (no pty) }; nil and an
--- error where it cannot be started.
---@param argv string[]
---@param options? table
---@return console?, table?
function node:spawn(argv, options) end

--- Has a command run there once this session is over, however it ends. Returns an id, or 0 where nobody will.
---@param argv string[]
---@return number
function node:undo(argv) end

--- Its name.
---@return string
function node:name() end

--- Is it this machine?
---@return boolean
function node:is_here() end

--- Ends the SSH session.
function node:close() end
