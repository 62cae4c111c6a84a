--- options_stub: LuaCATS stubs for editors: primitives' options (engine/prim), and the kinds of lib/base/kind.lua.

local api = require "help.api"
local engine = require "engine"
local kind = require "base.kind"
local paths = require "base.paths"
local show = require "base.show"

local options_stub = {}

-- Types of LuaCATS itself, or declared in lib/help/stubs.
local KNOWN = { any = true, string = true, number = true, boolean = true, table = true, ["function"] = true,
  node = true }

--- The file's text.
function options_stub.text()
  local out = { "---@meta" }
  for _, name in ipairs(show.sorted_keys(kind.all)) do
    local words, type = kind.all[name][1], kind.all[name][3]
    if not KNOWN[name] then out[#out + 1] = ("\n--- %s\n---@alias %s %s"):format(words, name, type) end
  end
  for _, prim in ipairs(engine.prims) do
    local e = api.options(prim)
    out[#out + 1] = ("\n--- %s\n---@class %s"):format(e.doc, e.name)
    for _, f in ipairs(e.fields) do
      out[#out + 1] = ("---@field %s%s %s %s"):format(f.name, f.is_optional and "?" or "", f.type, f.doc)
    end
  end
  return table.concat(out, "\n") .. "\n"
end

--- args: { this file, the file to write }.
function options_stub.main(args)
  paths.write(args[2], options_stub.text())
  return 0
end

return options_stub
