--- apt_sources: the archive of Debian that this machine's apt uses, from its lists of sources in both formats.

local engine = require "engine"
local paths = require "base.paths"

local apt_sources = {}

-- Suites of Debian's main archive; stable-updates and bookworm-backports are its own, too. Other archives have other
-- names: bookworm-security, bookworm-pgdg.
local SUITES = { oldoldstable = true, oldstable = true, stable = true, testing = true, unstable = true, sid = true,
  bullseye = true, bookworm = true, trixie = true, forky = true, duke = true }

local function is_debian(suite)
  return SUITES[suite] or SUITES[suite:match "^(%l+)%-updates$"] or SUITES[suite:match "^(%l+)%-backports$"] or false
end

local function has_main(words)
  return (" " .. words .. " "):find(" main ", 1, true) ~= nil
end

-- The entries of a file in the one-line format: { uri, suite, components }.
local function of_lines(text, add)
  for line in text:gmatch "[^\n]+" do
    local rest = line:match "^%s*deb%s+(.*)"
    rest = rest and rest:gsub("^%[[^%]]*%]%s*", "")
    local uri, suite, components = (rest or ""):match "^(%S+)%s+(%S+)%s*([^#]*)"
    if uri then add(uri, suite, components) end
  end
end

-- The fields of a paragraph: { [lower-case name] = words }. A line that starts with a blank continues a field.
local function fields_of(paragraph)
  local fields, name = {}, nil
  for line in paragraph:gmatch "[^\n]+" do
    local key, value = line:match "^([%w-]+):%s*(.*)"
    if key then
      name = key:lower()
      fields[name] = value
    elseif name and line:find "^%s" then
      fields[name] = fields[name] .. " " .. line
    end
  end
  return fields
end

local function of_paragraphs(text, add)
  for paragraph in (text:gsub("\n#[^\n]*", "") .. "\n\n"):gmatch "(.-)\n%s*\n" do
    local f = fields_of(paragraph)
    local is_off = (f.enabled or ""):lower():find "^[n0f]"
    for uri in (not is_off and f.types and (" " .. f.types .. " "):find " deb " and f.uris or ""):gmatch "%S+" do
      for suite in (f.suites or ""):gmatch "%S+" do add(uri, suite, f.components or "") end
    end
  end
end

-- Calls add(uri, suite, components) for each entry of the lists in `folder`.
local function each(folder, add)
  of_lines(paths.read(folder .. "/sources.list") or "", add)
  for _, name in ipairs(engine.fs.list(folder .. "/sources.list.d") or {}) do
    local text = paths.read(folder .. "/sources.list.d/" .. name) or ""
    if name:find "%.list$" then of_lines(text, add) end
    if name:find "%.sources$" then of_paragraphs("\n" .. text, add) end
  end
end

--- The address of Debian's main archive, from the lists of sources in `folder` (default: /etc/apt): the first whose
--- name ends in /debian, else the first. Nil without one.
function apt_sources.debian(folder)
  local first, named
  each(folder or "/etc/apt", function(uri, suite, components)
    if not is_debian(suite) or not has_main(components) or uri:find "^cdrom:" then return end
    first = first or uri
    named = named or (uri:find "/debian/?$" and uri)
  end)
  return named or first
end

return apt_sources
