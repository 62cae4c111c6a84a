--- _worker: the process of a case, started by the supervisor. args: { "_worker", the journal's folder,
--- spec as JSON }. engine/main.c has started its guard already.

local json = require "base.json"

local function main(args) return require("run.worker").main(json.of_exact(args[3])) end

return { main = main }
