--- helper: what the specs share.

local engine = require "engine"

local image = require "host.image"

local helper = {}

--- Is there a guest image, as it was built?
function helper.has_image()
  local img = image.find()
  return img ~= nil and not image.changed(img)
end

--- Why no other user can run this moonrig; nil if one can.
function helper.no_other_user()
  if engine.sys.uid() ~= 0 then return "needs root, to be another user" end
  local r = engine.here():run { "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
    engine.home() .. "/build/moonrig", "--version" }
  return r.code ~= 0 and "needs this folder open to others" or nil
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

--- Asserts that an invariant is broken, with an error that holds `words` (plain) and names its place. Returns the error.
function helper.breaks(words, ok, err)
  assert(ok == nil, "holds")
  assert(type(err.where) == "string", "no place")
  assert(tostring(err):find(words, 1, true), tostring(err))
  return err
end

--- A run with these cases, as the report formats take it.
function helper.run_of(cases)
  return { id = "20261122T080000Z-1", started = "2026-11-22T08:00:00Z", seconds = 12.5, moonrig = "0.1",
    dpdk = "22.11.11", kernel = "6.1", guest_kernel = "6.1.0-49-cloud-amd64", luajit = "2.1",
    host = { cpus = 2, os = "Debian <12>" }, accelerator = "tcg", notices = { "no KVM" }, cases = cases }
end

--- A case with this verdict and `more` of its fields.
function helper.case_of(status, more)
  local c = { name = "symmetric", plan = "vdev", file = "scripts/vdev/symmetric.lua", status = status,
    seconds = 1.25 }
  for key, value in pairs(more or {}) do c[key] = value end
  return c
end

return helper
