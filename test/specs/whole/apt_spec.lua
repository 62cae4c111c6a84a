-- apt: how packages are installed is shown while they are: apt.sh with a dpkg-query and an apt-get of ours.

local engine = require "engine"

local moonrig = require "specs.moonrig"
local terminal_window = require "specs.terminal_window"

local SCRIPT = engine.home() .. "/engine/tools/needs/apt.sh"

local DPKG = [[#!/bin/sh
[ "$4" = here ] || exit 1
printf installed]]

-- It says how far it is as apt does, and waits for the file "go" in the middle of it.
local APT = [[#!/bin/sh
echo "$*" >>asked
case $1 in
update) echo 'dlstatus:1:20.5:Retrieving file 1 of 4' >&3 ;;
*)
	echo 'Reading package lists...'
	echo 'pmstatus:qemu:42.8571:Unpacking qemu (amd64)' >&3
	while ! [ -e go ]; do sleep 0.02; done
	if [ "$(cat go)" = fail ]; then
		echo 'E: no room left' >&2
		exit 100
	fi ;;
esac]]

local function rig_with(id)
  local rig = moonrig.new()
  finally(function() rig:remove() end)
  assert(engine.fs.mkdir(rig.work .. "/bin"))
  for name, text in pairs { ["dpkg-query"] = DPKG, ["apt-get"] = APT, id = "#!/bin/sh\necho " .. id } do
    assert(engine.fs.chmod(rig:write("bin/" .. name, text .. "\n"), 448))
  end
  rig.env = { ("PATH=%s/bin:%s"):format(rig.work, os.getenv "PATH"), "TMPDIR=" .. rig.tmp }
  return rig
end

local function ran(rig, ...)
  local words = { "sh", "-c", ('cd "%s"; exec sh "%s" "$@" 2>&1'):format(rig.work, SCRIPT), "sh", ... }
  local r = assert(engine.here():run(words, { env = rig.env, timeout = 30 }))
  return r.code, r.out
end

describe("packages that are needed", function()
  it("are not asked for where they are installed", function()
    local rig = rig_with(0)
    local code, said = ran(rig, "here")
    assert.same({ 0, "" }, { code, said })
  end)

  it("are named to who may not install them", function()
    local rig = rig_with(1000)
    local code, said = ran(rig, "here", "qemu", "dpdk")
    assert.equal(3, code)
    assert.matches("sudo apt%-get update && sudo apt%-get install %-y %-%-no%-install%-recommends qemu dpdk\n", said)
    assert.is_nil(engine.fs.stat(rig.work .. "/asked"))
  end)

  it("are installed with a line for each step, on a pipe", function()
    local rig = rig_with(0)
    rig:write("go", "on")
    local code, said = ran(rig, "here", "qemu", "dpdk")
    assert.equal(0, code)
    assert.equal("moonrig: packages are missing: qemu dpdk\npackages  fetch the lists of packages ...\n" ..
      "packages  fetch the lists of packages: done, N s\npackages  install ...\npackages  install: done, N s\n",
      (said:gsub("%d+ s\n", "N s\n")))
    local asked = moonrig.read(rig.work .. "/asked")
    assert.matches("^update [^\n]+\ninstall %-y %-%-no%-install%-recommends qemu dpdk [^\n]+\n$", asked)
    assert.same({}, engine.fs.list(rig.tmp))
  end)

  it("show apt's last words where it fails", function()
    local rig = rig_with(0)
    rig:write("go", "fail")
    local code, said = ran(rig, "qemu")
    assert.equal(3, code)
    assert.matches("\npackages  install: FAILED, %d+ s\n.*\nE: no room left\nmoonrig: failed: apt%-get install [^\n]+ qemu\n$", said)
    assert.same({}, engine.fs.list(rig.tmp))
  end)

  it("show on a terminal how far they are, and leave a line a step", function()
    local rig = rig_with(0)
    local window = terminal_window.open { env = rig.env, cwd = rig.work, columns = 50, rows = 20 }
    finally(function()
      window:close()
      rig:remove()
    end)
    window:type_line(("sh '%s' qemu; echo status $?"):format(SCRIPT))
    window:await_screen(function(text)
      return text:find "\npackages  install %.%.%. %d+ s, 42 %%: Unpacking qemu ?%(?$"
    end, "what apt does")
    rig:write("go", "on")
    window:await "status 0"
    window:resize(120, 20)
    window:await_shell()
    assert.matches("missing: qemu\npackages  fetch the lists of packages: done, %d+ s\npackages  install: done, %d+ s\nstatus 0",
      window:history())
  end)

  it("called off at a terminal leave a clean screen", function()
    local rig = rig_with(0)
    local window = terminal_window.open { env = rig.env, cwd = rig.work, columns = 80, rows = 20 }
    finally(function()
      window:close()
      rig:remove()
    end)
    window:type_line(("sh '%s' qemu"):format(SCRIPT))
    window:await "Unpacking"
    window:press "C-c"
    window:await_shell()
    assert.equal(130, window:exit_status())
    assert.is_nil(window:history():find("Unpacking", 1, true), window:history())
    assert.same({}, engine.fs.list(rig.tmp))
  end)
end)
