--- helper: what the specs share. Where the engine is absent (busted outside of moonrig), its JSON is
--- stood in for by dkjson, which comes with busted.

local helper = {}

if not pcall(require, "engine") then
  package.loaded.engine = nil
  package.preload.engine = function()
    local dkjson = require "dkjson"
    return { json = {
      encode = function(value, options) return dkjson.encode(value, { indent = options and options.indent }) end,
      decode = function(text)
        local value, _, err = dkjson.decode(text, 1, nil)
        if err then return nil, err end
        return value
      end,
    } }
  end
end

--- The text as it comes over a pty: each end of line is \r\n.
function helper.pty(text)
  return (text:gsub("\n", "\r\n"))
end

--- `text` with the first `old` (plain) replaced; fails where there is none, so that a sabotage that
--- no longer sabotages is seen.
function helper.swap(text, old, new)
  local first, last = text:find(old, 1, true)
  assert(first, "nothing to replace: " .. old)
  return text:sub(1, first - 1) .. new .. text:sub(last + 1)
end

--- Asserts that a parser refuses, with a reason that holds `words` (plain).
function helper.refuses(words, value, reason)
  assert(value == nil, "was accepted")
  assert(type(reason) == "string", "no reason")
  assert(reason:find(words, 1, true), ("reason %q does not say %q"):format(reason, words))
end

return helper
