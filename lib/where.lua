--- where: the line of a scenario, found from inside lib/.

local where = {}

-- Is this source part of lib/ (its specs, which write scenarios, are not)?
local function is_lib(source)
  local lib = debug.getinfo(1, "S").source:match("^(.*[/\\@])[^/\\]*$")
  return source:sub(1, #lib) == lib and not source:find("/spec/", #lib - 1, true)
end

--- Is a function (debug.getinfo's "Sl") the scenario's, or of what it required beside itself?
function where.is_scenario(info)
  return info.what ~= "C" and info.currentline > 0 and info.source:sub(1, 1) == "@" and not is_lib(info.source)
end

local function shown(info, root)
  local name = info.source:match("^@(.*)$") or info.short_src
  if root and name:sub(1, #root + 1) == root .. "/" then name = name:sub(#root + 2) end
  return name:gsub("^%./", "") .. ":" .. info.currentline
end

--- "scripts/x.lua:12": the innermost line on the stack that is not lib's; nil where there is none.
--- `root` (optional): the folder the name is relative to.
function where.scenario(root)
  local level = 2
  while true do
    local info = debug.getinfo(level, "Sl")
    if not info then return nil end
    if info.what ~= "C" and info.currentline > 0 and not is_lib(info.source) then return shown(info, root) end
    level = level + 1
  end
end

--- The same from a traceback's text.
function where.in_trace(trace, root)
  for path, line in tostring(trace or ""):gmatch "\n%s*([^\n:]+):(%d+): in" do
    if not is_lib("@" .. path) and path:sub(1, 1) ~= "[" then
      if root and path:sub(1, #root + 1) == root .. "/" then path = path:sub(#root + 2) end
      return path .. ":" .. line
    end
  end
end

return where
