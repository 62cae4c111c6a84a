-- The REPL on a real guest, as a person uses it: brought up, asked, a shell in it from a second terminal.

local engine = require "engine"

local moonrig = require "specs.moonrig"
local paths = require "base.paths"
local terminal_window = require "specs.terminal_window"

-- Emulated, on a loaded machine.
local BOOT_SECONDS = 120

-- A cache with the image of the user's, and no rig that another has up.
local function cache_for(rig)
  local folder = rig.work .. "/cache"
  assert(engine.fs.mkdir(folder))
  for _, name in ipairs(engine.fs.list(paths.cache())) do
    if name:find "^image%-" or name:find "^examples%-" or name:find "^dpdk" then
      assert(engine.fs.symlink(paths.cache() .. "/" .. name, folder .. "/" .. name))
    end
  end
  return folder
end

describe("the REPL on a guest", function()
  it("brings it up, shows it, runs in it, lends a shell, and leaves nothing", function()
    local rig = moonrig.new()
    local env = { "TMPDIR=" .. rig.tmp, "HOME=" .. rig.work, "MOONRIG_CACHE=" .. cache_for(rig),
      "MOONRIG_SNAPSHOTS=" .. (os.getenv "MOONRIG_SNAPSHOTS" or paths.cache() .. "/snapshots") }
    local window, second = terminal_window.open { env = env }, terminal_window.open { env = env }
    finally(function()
      second:close()
      window:close()
      rig:remove()
    end)
    window:type_line "moonrig repl"
    window:await_last_line "moonrig> "
    window:type_line "vm = t:vm {}"
    window:await_screen(function(screen)
      return screen:find("vm = t:vm {}\n", 1, true) and screen:match "[^\n]*$" == "moonrig>"
    end, "the guest", BOOT_SECONDS)
    window:type_line 'vm:run({ "hostname" }).out'
    window:await "\nguest\n"
    second:type_line "moonrig console shell"
    second:await "Ctrl-] detaches"
    second:type_line "echo in the $(hostname)"
    second:await "in the guest"
    second:press "C-]"
    second:await "detached from shell"
    second:await_shell()
    window:press "C-d"
    window:await_shell()
    assert.equal(0, window:exit_status())
    assert.equal("", rig:leftovers())
  end)
end)
