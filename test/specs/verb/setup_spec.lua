-- setup: what is being built is shown while it is: at a terminal, on a pipe, where it is called off, and where it fails.

local engine = require "engine"

local moonrig = require "specs.moonrig"
local terminal_window = require "specs.terminal_window"

-- A program that waits for a file, and talks meanwhile to a terminal that does what it is told.
local WAITS = [[printf '\033[2J\033[5Ait unpacks \303\244 %%s\r\n' "$(printf 'long-%%.0s' $(seq 50))"
while ! [ -e %s ]; do sleep 0.05; done
echo 'the last one']]

-- moonrig in a folder of its own, that builds an image of next to nothing.
local function small(steps)
  local rig = moonrig.new()
  for _, name in ipairs { "build", "vm" } do assert(engine.fs.mkdir(rig.work .. "/" .. name)) end
  assert.equal(0, engine.here():run({ "cp", rig.exe, rig.work .. "/build/moonrig" }).code)
  assert(engine.fs.symlink(engine.home() .. "/lib", rig.work .. "/lib"))
  rig:write("vm/examples.lua", "return {}")
  rig:write("vm/examples.sh", "echo nothing to build")
  rig:write("vm/dpdk_disk.lua", "return { place = '/opt/dpdk', serial = 'serial' }")
  rig:write("vm/image.lua", [[return { packages = {}, modules = {}, outputs = { "made" },
    steps = { { name = "root", script = "root.sh", what = "unpack it" } } }]])
  rig:write("vm/root.sh", steps:format(rig.work .. "/go"))
  rig.exe = rig.work .. "/build/moonrig"
  return rig, { "TMPDIR=" .. rig.tmp, "MOONRIG_CACHE=" .. rig.work .. "/cache" }
end

local function opened(rig, env, columns)
  local words = { "PATH=" .. rig.work .. "/build:" .. os.getenv "PATH", unpack(env) }
  local window = terminal_window.open { env = words, cwd = rig.work, columns = columns, rows = 20 }
  finally(function()
    window:close()
    rig:remove()
  end)
  return window
end

local KEYS = "^keys +make a key pair for the image: done, [%d.]+ s$"

local DPDK = { "^disk +put DPDK and its examples on a disk for guests: done, [%d.]+ s$", "^DPDK for guests: " }

-- The lines of the window that stay, of which each is one of these, in this order.
local function is_all(window, patterns)
  window:resize(200, 20)
  local n, history = 0, window:history()
  for line in history:gmatch "[^\n]+" do
    n = n + 1
    assert.is_true(patterns[n] ~= nil and line:find(patterns[n]) ~= nil, ("%q in\n%s"):format(line, history))
  end
  assert.equal(#patterns, n, history)
end

describe("the setup", function()
  it("shows a step with its time and what it says last, and leaves a line a step", function()
    local rig, env = small(WAITS .. "\necho x >$OUT/made")
    local window = opened(rig, env, 60)
    window:type_line "moonrig setup"
    window:await_screen(function(text)
      return text:find "\nroot      unpack it %.%.%. %d+ s\n          it unpacks ä long%-[long-]+$"
    end, "the step")
    window:resize(40, 20)
    window:await_screen(function(text)
      local line = text:match "\n( +it unpacks [^\n]+)$"
      return line and #line:gsub("[\128-\191]", "") == 39
    end, "the step at another width")
    rig:write("go", "")
    window:await "DPDK for guests: "
    window:await_shell()
    is_all(window, { "^shell: moonrig setup$", KEYS, "^root +unpack it: done, [%d.]+ s$", "^guest image: ",
      DPDK[1], DPDK[2], "^shell:$" })
    -- what it took is told the next time
    rig:write("vm/more", "another image")
    local status, said = rig:call({ "setup" }, env)
    assert.equal(0, status)
    assert.matches("\nroot      unpack it %.%.%. %(usually %d+ s%)\nroot      unpack it: done, [%d.]+ s\n", said)
    assert.is_nil(said:find "[\27\r]")
  end)

  it("called off leaves a clean screen and nothing in the cache", function()
    local rig, env = small(WAITS)
    local window = opened(rig, env, 60)
    window:type_line "moonrig setup"
    window:await "it unpacks"
    window:press "C-c"
    window:await "moonrig: interrupted"
    window:await_shell()
    is_all(window, { "^shell: moonrig setup$", KEYS, "^root +unpack it: interrupted, [%d.]+ s$",
      "^moonrig: interrupted$", "^shell:$" })
    assert.equal(2, window:exit_status())
    -- from the top of the screen on, too, where it had told the usual times
    window:type_line "clear"
    window:await_screen(function(text) return text == "shell:" end, "an empty screen")
    window:type_line "clear; moonrig setup"
    window:await "it unpacks"
    window:press "C-c"
    window:await_shell()
    assert.is_nil(window:history():find("usually", 1, true), window:history())
    for _, name in ipairs(engine.fs.list(rig.work .. "/cache")) do
      assert.is_nil(name:find "^build%-%d" or name:find "^image", name)
    end
  end)

  it("says what failed, and its last words", function()
    local rig, env = small "echo one; echo 'no such package' >&2; exit 7 # %s"
    finally(function() rig:remove() end)
    local status, said = rig:call({ "setup" }, env)
    assert.equal(3, status)
    assert.matches("\nroot      unpack it: FAILED, [%d.]+ s\n", said)
    assert.matches("sh: ended with exit status 7[^\n]*\none\nno such package\n", (said:gsub("\n +", "\n")))
  end)
end)
