--- judge: was a fault caught? Pure: from what a run left to a verdict over it.

local verdicts = require "base.verdicts"

local judge = {}

-- The first text that the reason does not hold; great and small letters are the same.
local function missing(reason, texts)
  for _, text in ipairs(texts) do
    if not reason:lower():find(text:lower(), 1, true) then return text end
  end
end

local function is_caught(status)
  local verdict = verdicts.find(status)
  return verdict and verdict.is_broken
end

local function trouble_of(fault, seen)
  if seen.fired == false then
    return "unfired", "the fault was not put in: its program did not run, or nothing came that its hooks are for"
  end
  if seen.is_hung then return "hang", ("not over after %g s"):format(seen.limit) end
  if fault.is_harmless then
    if seen.status ~= "PASS" then return "wronged", "nothing is wrong with what is claimed: a PASS was due" end
  elseif not is_caught(seen.status) then
    return "survivor", ("a fault got %s"):format(tostring(seen.status))
  end
  if verdicts.of(seen.status).exit ~= seen.code then
    return "unclear", ("exit status %s for %s"):format(tostring(seen.code), seen.status)
  end
  if seen.shim_error then return "unclear", "the shim failed: " .. seen.shim_error end
  local text = missing(seen.reason or "", fault.says or {})
  if text then return "misnamed", ("the reason does not say %q"):format(text) end
  if #seen.left > 0 then return "leftover", "left: " .. table.concat(seen.left, ", ") end
end

--- `seen`: { is_hung, limit (s), status, code (of `moonrig run`), reason, left (array of words), fired (false: the
--- shim did nothing; nil: there is none) }. Nil where all is well; else the kind ("unfired", "survivor", "hang",
--- "wronged", "unclear", "misnamed", "leftover")
--- and what is wrong in words.
function judge.trouble(fault, seen)
  return trouble_of(fault, seen)
end

-- What a fault may have: for the harness, and for the shim (relay.lua).
local KEYS = {}
for key in ("name where says run scenario is_harmless program timeout is_vm is_restored disk is_clock "
  .. "line prompt bytes input start begun signal final argv socket guest only is_under ready"):gmatch "%S+" do
  KEYS[key] = true
end

--- Faults without a part that they need, with one that nobody knows, or of the same name: an array of words.
function judge.check_catalogue(faults)
  local wrong, names = {}, {}
  for i, fault in ipairs(faults) do
    local label = fault.name or ("fault " .. i)
    local function want(ok, words) if not ok then wrong[#wrong + 1] = label .. ": " .. words end end
    want(type(fault.name) == "string" and type(fault.where) == "string", "no name, or no where")
    want(not names[fault.name], "a second one of this name")
    want(not label:find "[\"'\\$`]", "a quote or the like in its name")
    want((fault.run ~= nil) ~= (fault.scenario ~= nil), "neither or both of run and scenario")
    want(fault.is_harmless or (type(fault.says) == "table" and #fault.says > 0), "nothing that its reason says")
    for key in pairs(fault) do want(KEYS[key], ("there is no %q for a fault"):format(tostring(key))) end
    for key in pairs(fault.guest or {}) do
      want(KEYS[key] or key == "program", ("there is no hook %q"):format(tostring(key)))
    end
    names[fault.name or i] = true
  end
  return wrong
end

return judge
