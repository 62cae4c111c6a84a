--- meson_build: DPDK's build folders: their options, and a build of a source tree with the same ones.

local engine = require "engine"
local ending = require "base.ending"
local fail = require "base.fail"
local lines = require "base.lines"
local paths = require "base.paths"
local program_lines = require "host.program_lines"

local meson_build = {}

-- The most for one build. The whole of DPDK takes an hour on two processors.
local BUILD_SECONDS = 4 * 3600

-- Without a build of the user's: what our scenarios use of DPDK. Ten minutes on two processors.
meson_build.FEW = {
  "-Dplatform=generic",
  "-Denable_apps=test-pmd",
  "-Denable_drivers=bus/pci,bus/vdev,mempool/ring,net/null,net/ring,net/vhost,net/virtio",
  -- not l3fwd-power: the plan edits it (vm/examples.lua)
  "-Dexamples=multi_process/hotplug_mp,multi_process/symmetric_mp,multi_process/simple_mp,"
    .. "multi_process/client_server_mp/mp_server,multi_process/client_server_mp/mp_client",
  "-Dtests=false",
}

-- Of meson's own options those that change what is built; the project's are all taken.
local TAKEN = {}
for name in ([[buildtype debug optimization default_library werror b_coverage b_lto b_ndebug b_pie b_sanitize b_lundef
  c_args c_link_args]]):gmatch "%S+" do TAKEN[name] = true end

-- meson writes a custom buildtype where debug and optimization fit no other; else they follow from it.
local function is_taken(option, is_custom)
  if option.section == "user" then return true end
  if option.machine == "build" or not TAKEN[option.name] then return false end
  local follows = option.name == "debug" or option.name == "optimization"
  return is_custom == follows or not (follows or option.name == "buildtype")
end

local function value_of(value)
  if type(value) == "table" then return #value > 0 and engine.json.encode(value) or nil end
  value = tostring(value)
  return value ~= "" and value or nil
end

--- The words for `meson setup` that give the options of a build: "-Dplatform=generic", ... `options`: from `meson
--- introspect --buildoptions`.
function meson_build.words(options)
  local out, is_custom = {}, false
  for _, option in ipairs(options) do
    is_custom = is_custom or option.name == "buildtype" and option.value == "custom"
  end
  for _, option in ipairs(options) do
    local value = is_taken(option, is_custom) and value_of(option.value)
    if value then out[#out + 1] = ("-D%s=%s"):format(option.name, value) end
  end
  return out
end

--- Of the words of meson_build.words those that a source tree knows: `text` is its meson_options.txt (or
--- meson.options). Another revision may have other options, and meson refuses unknown ones.
function meson_build.known(words, text)
  local out, names = {}, {}
  for name in text:gmatch "option%s*%(%s*['\"]([%w_]+)['\"]" do names[name] = true end
  for _, word in ipairs(words) do
    local name = word:match "^%-D([%w_.]+)="
    if names[name] or TAKEN[name] then out[#out + 1] = word end
  end
  return out
end

local function options_text(source)
  return paths.read(source .. "/meson.options") or paths.read(source .. "/meson_options.txt") or ""
end

local function introspected(build)
  local r = engine.here():run({ "meson", "introspect", "--buildoptions", build }, { timeout = 120 })
  local options = r.code == 0 and engine.json.decode(r.out)
  if type(options) == "table" then return options end
  fail.raise("EFAIL", "meson introspect", ("ended with %s: cannot read the options of %s"):format(
    ending.words(r), build), lines.last(r.err ~= "" and r.err or r.out, 5))
end

--- The words of a build folder's options.
function meson_build.options(build) return meson_build.words(introspected(build)) end

--- The source tree of a build folder, as meson wrote it; nil if it is no build folder.
function meson_build.source(build)
  local info = paths.read_table(build .. "/meson-info/meson-info.json")
  local source = info and info.directories and info.directories.source
  return source and engine.fs.realpath(source) or nil
end

--- The build folders in a source tree, sorted, "build" first.
function meson_build.builds(source)
  local out = {}
  for _, name in ipairs(engine.fs.list(source) or {}) do
    local folder = ("%s/%s"):format(source, name)
    if meson_build.source(folder) == engine.fs.realpath(source) then out[#out + 1] = folder end
  end
  table.sort(out, function(a, b)
    local is_first, is_second = a:find "/build$" ~= nil, b:find "/build$" ~= nil
    if is_first ~= is_second then return is_first end
    return a < b
  end)
  return out
end

--- The compiler of a build ({ "ccache", "cc" }), nil where it is not known.
function meson_build.compiler(build)
  for _, target in ipairs(paths.read_table(build .. "/meson-info/intro-targets.json") or {}) do
    for _, group in ipairs(target.target_sources or {}) do
      if group.language == "c" and type(group.compiler) == "table" then return group.compiler end
    end
  end
end

-- Printed where memory or disk are too small, or the compiler was killed: no fault of the source.
local BROKEN = { "No space left on device", "Cannot allocate memory", "virtual memory exhausted", "Killed signal",
  "fatal error: Killed", "out of memory", "Read%-only file system" }

-- The line that names the fault.
local function headline(last)
  for _, pattern in ipairs { "error:", "ERROR:", "undefined reference", "FAILED:" } do
    for _, line in ipairs(last) do
      if line:find(pattern, 1, true) then return line end
    end
  end
  return last[#last] or "it printed nothing"
end

local function check_machine(program, exit, last)
  local text = table.concat(last, "\n")
  local broken = exit.signal ~= nil
  for _, pattern in ipairs(BROKEN) do broken = broken or text:find(pattern) ~= nil end
  if not broken then return end
  fail.raise("EFAIL", program, "ended with " .. ending.words(exit), lines.last(text, 5))
end

--- What a program's end and its last lines say: true; or nil, the line that names the fault, and the last lines. Raises
--- if the machine is at fault.
function meson_build.outcome(program, exit, last)
  if exit.code == 0 then return true end
  check_machine(program, exit, last)
  return nil, headline(last), last
end

--- Configures a new build folder: `words` are those of meson_build.options that the source knows; `compiler`
--- (optional): as meson_build.compiler returns. Returns as meson_build.build does.
function meson_build.setup(build, source, words, compiler, on_line)
  local argv = { "meson", "setup", build, source, unpack(meson_build.known(words, options_text(source))) }
  local env = compiler and { "CC=" .. table.concat(compiler, " ") } or nil
  local exit, last = program_lines.run(argv, { name = "meson-setup", seconds = BUILD_SECONDS, env = env }, on_line)
  return meson_build.outcome("meson", exit, last)
end

--- Builds what changed. `name`: of the transcript. Returns true; or nil, the line that names the fault, and the last
--- lines, an array, if the source does not build. Raises if the machine is at fault (no memory, no room on the disk) or
--- the build was interrupted.
function meson_build.build(build, name, on_line)
  local exit, last = program_lines.run({ "ninja", "-C", build }, { name = name, seconds = BUILD_SECONDS }, on_line)
  return meson_build.outcome("ninja", exit, last)
end

return meson_build
