--- judge: was a fault caught? Judges the results of a run; reads and writes nothing.

local verdicts = require "base.verdicts"

local judge = {}

-- The first text that the reason does not contain; case is ignored.
local function missing(reason, texts)
  for _, text in ipairs(texts) do
    if not reason:lower():find(text:lower(), 1, true) then return text end
  end
end

local function is_caught(status)
  local verdict = verdicts.find(status)
  return verdict and verdict.is_broken
end

--- `seen`: { is_hung, limit (s), status, code (of `moonrig run`), reason, left (array of words), fired (false: no hook
--- acted; nil: there is no shim), shim_error (the shim itself failed) }. Nil if the fault was caught, else a kind
--- ("unfired", "survivor", "hang", "wronged", "unclear", "misnamed", "leftover") and the problem in words.
function judge.problem(fault, seen)
  if seen.fired == false then
    return "unfired", "the fault was not injected: its program did not run, or its hooks changed nothing"
  end
  if seen.is_hung then return "hang", ("still running after %g s"):format(seen.limit) end
  if fault.is_harmless then
    if seen.status ~= "PASS" then return "wronged", "a harmless fault: expected PASS" end
  elseif not is_caught(seen.status) then
    return "survivor", ("expected FAIL or ERROR, got %s"):format(tostring(seen.status))
  end
  if verdicts.of(seen.status).exit ~= seen.code then
    return "unclear", ("exit status %s does not belong to %s"):format(tostring(seen.code), seen.status)
  end
  if seen.shim_error then return "unclear", "the shim failed: " .. seen.shim_error end
  local text = missing(seen.reason or "", fault.reason or {})
  if text then return "misnamed", ("expected %q in the reason"):format(text) end
  if #seen.left > 0 then return "leftover", "left: " .. table.concat(seen.left, ", ") end
end

-- The fields of a fault: those of the harness (faults.lua) and the hooks (relay.lua).
local KEYS = {}
for key in ("name where reason run scenario is_harmless program timeout is_vm is_restored disk is_clock "
  .. "line prompt bytes input start begun signal final argv socket guest only is_under ready"):gmatch "%S+" do
  KEYS[key] = true
end

--- The mistakes in a catalogue, an array of words: missing or unknown fields, equal names.
function judge.check_catalogue(faults)
  local wrong, names = {}, {}
  for i, fault in ipairs(faults) do
    local label = fault.name or ("fault " .. i)
    local function want(ok, words) if not ok then wrong[#wrong + 1] = label .. ": " .. words end end
    want(type(fault.name) == "string" and type(fault.where) == "string", "no name, or no where")
    want(not names[fault.name], "another fault has this name")
    want(not label:find "[\"'\\$`]", "its name has a quote, a backquote, a backslash or a $")
    want((fault.run ~= nil) ~= (fault.scenario ~= nil), "expected one of run and scenario")
    want(fault.is_harmless or (type(fault.reason) == "table" and #fault.reason > 0), "no reason")
    for key in pairs(fault) do want(KEYS[key], ("unknown field %q"):format(tostring(key))) end
    for key in pairs(fault.guest or {}) do
      want(KEYS[key] or key == "program", ("unknown hook %q"):format(tostring(key)))
    end
    names[fault.name or i] = true
  end
  return wrong
end

return judge
