--- release: which Debian this machine is, from os-release.

local paths = require "base.paths"

local release = {}

-- The guest's on a machine of another distribution: Debian's stable release.
local STABLE = "trixie"

-- Fields of os-release: a shell's words, in quotes or not.
local function fields(text)
  local out = {}
  for name, value in ("\n" .. text):gmatch "\n([%u_]+)=([^\n]*)" do
    out[name] = value:gsub("^([\"'])(.*)%1$", "%2")
  end
  return out
end

--- The suite of Debian's packages for the machine of this os-release: its own; "sid" where that has no name yet; the
--- stable one on another distribution.
function release.suite_of(text)
  local os = fields(text)
  if os.ID ~= "debian" then return STABLE end
  return os.VERSION_CODENAME or "sid"
end

--- The suite of Debian's packages for this machine.
function release.suite() return release.suite_of(paths.read "/etc/os-release" or "") end

return release
