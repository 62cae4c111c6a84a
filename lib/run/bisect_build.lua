--- bisect_build: the worktree of a bisection at a revision, and its build.

local engine = require "engine"
local git = require "host.git"
local meson_build = require "host.meson_build"
local paths = require "base.paths"

local bisect_build = {}

-- The PATH that this process was started with.
local own_path = paths.env "PATH" or "/usr/bin:/bin"

-- What a build folder was configured with. Other options need another one.
local function signature(state)
  return ("%s\n%s\n"):format(table.concat(state.options, "\n"), table.concat(state.compiler or {}, " "))
end

-- A build folder that was configured to its end, with these options.
local function is_configured(b)
  return engine.fs.stat(b.build .. "/build.ninja") and paths.read(b.folder .. "/configured") == signature(b.state)
end

local function configure(b, on_line)
  os.remove(b.folder .. "/configured")
  engine.fs.rmtree(b.build)
  local ok, why, last = meson_build.setup(b.build, b.source, b.state.options, b.state.compiler, on_line)
  if ok then paths.write(b.folder .. "/configured", signature(b.state)) end
  return ok, why, last
end

--- Checks a commit out and builds it. `b`: { folder, source, build, state }. Returns as meson_build.build does.
function bisect_build.make(b, commit, on_line)
  git.add_worktree(b.state.tree, b.source)
  git.checkout(b.source, commit.hash)
  if not is_configured(b) then
    local ok, why, last = configure(b, on_line)
    if not ok then return nil, why, last end
  end
  return meson_build.build(b.build, "build-" .. commit.short, on_line)
end

--- Makes the runs of this process take the programs of a build, also in guests. `guest`: what
--- choices.guest has, or nil. Returns more options for runner.run.
function bisect_build.put_under_test(build, guest)
  -- a scenario may start other programs of the build by their names
  engine.sys.setenv("PATH", ("%s/app:%s"):format(build, own_path))
  local places = { dpdk = build }
  for name, value in pairs(guest or {}) do places[name] = value end
  return { under_test = places }
end

return bisect_build
