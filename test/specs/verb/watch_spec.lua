-- watch: a person saves files and presses keys, and sees verdicts.

local engine = require "engine"

local moonrig = require "specs.moonrig"
local terminal_window = require "specs.terminal_window"

local PASSES = 't:equal(1, 1, "one")'
local FAILS = 't:equal(1, 2, "one")'
-- Runs until its folder has a file "go".
local LONG = 't:note "it is under way"\n t:truthy(package.loaded.engine.await_path(%q, 100), "it may end")'

local HINT = "q ends"

local rig, folder, window

local function save(name, text)
  rig:write("plan/" .. name, text)
end

local function count(text, what)
  return select(2, text:gsub(what, ""))
end

-- The part of all that was shown that begins with the n-th round's head.
local function round(text, n)
  local at, past = 1, 0
  while past < n do
    local first, last = text:find("\n%d%d:%d%d:%d%d  ", at)
    assert(first, ("there are only %d rounds in:\n%s"):format(past, text))
    past, at = past + 1, last + 1
    if past == n then return text:sub(first + 1) end
  end
end

-- Waits until the n-th round is over and the hint stands below it; returns its text.
local function await_round(n, words)
  window:await_screen(function()
    local text = window:history()
    if count(text, "\n%d%d:%d%d:%d%d  ") < n then return false end
    local own = round(text, n)
    return own:find(HINT, 1, true) and own:find(words, 1, true)
  end, ("round %d with %q"):format(n, words))
  return round(window:history(), n)
end

local function begin(scenarios, words, options)
  rig = moonrig.new()
  folder = rig:plan("plan", scenarios)
  window = terminal_window.open { env = { "TMPDIR=" .. rig.tmp, "MOONRIG_CACHE=" .. rig.work .. "/cache" }, cwd = rig.work }
  window:type_line(("moonrig watch %s -o out %s"):format(words or "plan", options or ""))
end

local function finish()
  window:press "q"
  window:await_shell()
  local status = window:exit_status()
  assert.equal("", rig:leftovers())
  return status
end

describe("watch", function()
  after_each(function()
    if window then window:close() end
    rig:remove()
    window = nil
  end)

  it("runs what is selected, and a scenario again once it is saved, alone", function()
    begin { x = moonrig.case(PASSES), y = moonrig.case(PASSES) }
    local text = await_round(1, "2 passed, 0 failed")
    assert.matches("^%d+:%d+:%d+  all\n", text)
    save("x.lua", moonrig.case(FAILS))
    text = await_round(2, "0 passed, 1 failed")
    assert.matches("^%d+:%d+:%d+  plan/x.lua changed\n", text)
    assert.matches("\nFAIL  plan/x ", text)
    assert.matches("x.lua:2", text)
    assert.is_nil(text:find("plan/y", 1, true))
    assert.equal(1, finish())
  end)

  it("runs the rows of a saved scenario again, each once, and none that is gone", function()
    local function rows(each)
      return ('return rig.case { name = "x", each = %s, run = function(t, row) t:equal(row, "a", "is a") end }'):format(each)
    end
    begin { x = rows '{ "a", "b" }', y = moonrig.case(PASSES) }
    assert.matches("FAIL  plan/x%[b%] ", await_round(1, "2 passed, 1 failed"))
    save("x.lua", rows '{ "a", "c", "d" }')
    local text = await_round(2, "1 passed, 2 failed")
    assert.matches("\nFAIL  plan/x%[c%] ", text)
    assert.is_nil(text:find("x[b]", 1, true))
    assert.is_nil(text:find("plan/y", 1, true))
    window:press "Enter"
    assert.matches("PASS  plan/x%[a%] ", await_round(3, "1 passed, 2 failed"))
    assert.equal(1, finish())
  end)

  it("runs once for each way in which editors save", function()
    begin { x = moonrig.case(PASSES) }
    await_round(1, "1 passed")
    local path, n = folder .. "/x.lua", 1
    local function expect(words)
      n = n + 1
      assert.matches("1 passed", await_round(n, words))
    end
    -- a new file renamed over it
    save("4913", moonrig.case(PASSES))
    assert(engine.fs.rename(folder .. "/4913", path))
    expect "plan/x.lua changed"
    -- the old one kept as a backup, and a new one written
    assert(engine.fs.rename(path, path .. "~"))
    save("x.lua", moonrig.case(PASSES))
    expect "plan/x.lua changed"
    -- cut off, and written in pieces
    local f = assert(io.open(path, "w"))
    for piece in moonrig.case(PASSES):gmatch "..?" do
      f:write(piece)
      f:flush()
    end
    f:close()
    expect "plan/x.lua changed"
    -- the same text once more
    save("x.lua", moonrig.case(PASSES))
    expect "plan/x.lua changed"
    window:press "Enter"
    assert.matches("^%d+:%d+:%d+  again\n", await_round(n + 1, "1 passed"))
    assert.equal(n + 1, count(window:history(), "\n%d%d:%d%d:%d%d  "))
    assert.equal(0, finish())
  end)

  it("shows what cannot be loaded at once, with its line, and does not run it", function()
    begin { x = moonrig.case(PASSES), y = moonrig.case(PASSES) }
    await_round(1, "2 passed")
    save("x.lua", "local a = 1\nlocal = 2\n")
    local text = await_round(2, "x.lua:2: ")
    assert.matches("'<name>' expected near '='", text)
    assert.matches("not run: plan/x", text)
    assert.is_nil(text:find("ERROR", 1, true))
    save("x.lua", moonrig.case(PASSES))
    assert.matches("1 passed, 0 failed", await_round(3, "1 passed"))
    finish()
  end)

  it("has a new scenario join, and one that is removed leave", function()
    begin { x = moonrig.case(PASSES) }
    await_round(1, "1 passed")
    save("new.lua", moonrig.case(PASSES))
    local text = await_round(2, "1 passed")
    assert.matches("plan/new.lua is new", text)
    assert.matches("watching 2 cases", text)
    os.remove(folder .. "/x.lua")
    assert.matches("plan/x.lua is gone\nwatching 1 case:", await_round(3, "watching 1 case:"))
    os.remove(folder .. "/new.lua")
    assert.matches("plan holds no scripts", await_round(4, "no scripts"))
    save("x.lua", moonrig.case(FAILS))
    await_round(5, "1 failed")
    window:press "a"
    await_round(6, "1 failed")
    assert.equal(1, finish())
  end)

  it("runs those again whose module has changed", function()
    begin { x = moonrig.case 't:equal(dofile "plan/lib/common.lua", 1, "it")', y = moonrig.case(PASSES) }
    assert.matches("common.lua", await_round(1, "1 passed"))
    assert(engine.fs.mkdir(folder .. "/lib"))
    window:press "Enter"
    await_round(2, "1 passed")
    save("common.txt", "return 1")
    assert(engine.fs.rename(folder .. "/common.txt", folder .. "/lib/common.lua"))
    local text = await_round(3, "1 passed")
    assert.matches("\nPASS  plan/x ", text)
    assert.matches("^%d+:%d+:%d+  plan/lib/common.lua is new\n", text)
    assert.is_nil(text:find("plan/y", 1, true))
    assert.is_nil(text:find("not run", 1, true))
    finish()
  end)

  it("runs all again when lib/ has changed, or this program, or a DPDK build", function()
    rig = moonrig.new()
    local function must(...) assert.equal(0, assert(engine.here():run { ... }).code) end
    local build = rig.work .. "/dpdk/build"
    must("mkdir", "-p", rig.work .. "/home/build", build .. "/app", build .. "/lib")
    must("cp", "-r", engine.home() .. "/lib", rig.work .. "/home/lib")
    must("cp", rig.exe, rig.work .. "/home/build/moonrig")
    must("cp", "/bin/true", build .. "/app/dpdk-testpmd")
    must("touch", build .. "/build.ninja", build .. "/lib/librte_eal.so.23.0")
    rig:plan("plan", { x = moonrig.case(PASSES), y = moonrig.case(PASSES) })
    window = terminal_window.open { cwd = rig.work, env = { "TMPDIR=" .. rig.tmp, "MOONRIG_CACHE=" .. rig.work .. "/cache",
      ("PATH=%s/home/build:%s/app:/usr/bin:/bin"):format(rig.work, build) } }
    window:type_line "moonrig watch plan -o out"
    await_round(1, "2 passed")
    local f = assert(io.open(rig.work .. "/home/lib/base/suggest.lua", "a"))
    f:write "-- one more line\n"
    f:close()
    assert.matches("^%d+:%d+:%d+  home/lib/base/suggest.lua changed\n", await_round(2, "2 passed"))
    must("cp", "/bin/true", build .. "/app/dpdk-testpmd")
    assert.matches("^%d+:%d+:%d+  dpdk/build/app/dpdk.testpmd changed\n", await_round(3, "2 passed"))
    must("touch", build .. "/lib/librte_eal.so.23.0")
    assert.matches("^%d+:%d+:%d+  dpdk/build/lib/librte_eal.so.23.0 changed\n", await_round(4, "2 passed"))
    -- as a linker does: the old one is gone, and the watch runs on in it
    must("rm", rig.work .. "/home/build/moonrig")
    must("cp", rig.exe, rig.work .. "/home/build/moonrig")
    assert.matches("^%d+:%d+:%d+  home/build/moonrig changed\n", await_round(5, "2 passed"))
    must("touch", rig.work .. "/home/lib/report/page/lanes.js")
    assert.matches("^%d+:%d+:%d+  home/lib/report/page/lanes.js changed\n", await_round(6, "2 passed"))
    assert.equal(0, finish())
  end)

  it("cuts the case under way when it is saved, and starts over", function()
    begin { a = moonrig.case(PASSES), x = moonrig.case(LONG:format "never"), z = moonrig.case(PASSES) }
    window:await "it is under way"
    save("x.lua", moonrig.case(PASSES))
    local text = await_round(2, "2 passed, 0 failed")
    assert.matches("\nCUT   plan/x ", round(window:history(), 1))
    -- what had its verdict is not run again, what had not is
    assert.is_nil(text:find("plan/a", 1, true))
    assert.matches("\nPASS  plan/x .*\nPASS  plan/z ", text)
    assert.equal(0, finish())
  end)

  it("is ended by Ctrl-C, once, the run under way with it", function()
    begin { x = moonrig.case('t:here():spawn({ "sleep", "100" }, { name = "sleep" })\n' .. LONG:format "never") }
    window:await "it is under way"
    window:press "C-c"
    local screen = window:await_shell()
    assert.matches("\nERROR plan/x .*\n      interrupted\n", screen)
    assert.equal(2, window:exit_status())
    assert.equal("", rig:leftovers())
  end)

  local function expect_plain_terminal()
    window:type_line "stty -a; echo stty has told"
    local screen = window:await "\nstty has told"
    assert.matches("[^-]icanon", screen)
    assert.matches("[^-]echo ", screen)
    window:type_line "clear"
    window:await_screen(function(text) return text == "shell:" end, "an empty screen")
  end

  it("leaves the terminal as it was", function()
    begin { x = moonrig.case(PASSES) }
    await_round(1, "1 passed")
    finish()
    expect_plain_terminal()
  end)

  it("leaves the terminal to the shell while it is stopped", function()
    begin { x = moonrig.case(PASSES) }
    await_round(1, "1 passed")
    window:press "C-z"
    window:await_shell()
    expect_plain_terminal()
    window:type_line "fg"
    window:await "moonrig watch"
    window:press "Enter"
    window:await "1 passed"
    window:press "q"
    window:await_shell()
    assert.equal(0, window:exit_status())
  end)

  it("leaves nothing after SIGKILL, and the terminal as it was", function()
    -- a case that does not come back to the engine: what undoes it takes its time
    begin { x = moonrig.case [[
      t:here():spawn({ "sleep", "100" }, { name = "sleep" })
      t:note "it is under way"
      local _ = (("a"):rep(40)):find(("a?"):rep(40) .. ("a"):rep(40))]] }
    window:await "it is under way"
    local killed = 0
    for _, p in ipairs(rig:processes()) do
      -- the one behind the guard
      local parent = moonrig.read("/proc/" .. p.pid .. "/stat"):match "%) %a (%d+)"
      local is_watch = p.words:find("moonrig watch", 1, true)
      if is_watch and moonrig.read("/proc/" .. parent .. "/cmdline"):find("moonrig%zwatch") then
        assert(engine.here():run { "kill", "-KILL", p.pid })
        killed = killed + 1
      end
    end
    assert.equal(1, killed)
    window:await_shell()
    local deadline = engine.now() + 30
    while rig:leftovers() ~= "" and engine.now() < deadline do engine.elapse(0.1) end
    assert.equal("", rig:leftovers())
    window:type_line "clear"
    window:await_screen(function(text) return text == "shell:" end, "an empty screen")
    expect_plain_terminal()
  end)

  it("keeps the results of its last rounds only", function()
    begin { x = moonrig.case(PASSES) }
    for n = 1, 7 do
      await_round(n, "1 passed")
      window:press "Enter"
    end
    await_round(8, "1 passed")
    finish()
    local folders = {}
    for _, name in ipairs(engine.fs.list(rig.work .. "/out")) do
      if name:find "^%d" then folders[#folders + 1] = name end
    end
    assert.equal(5, #folders)
    assert.equal("PASS", moonrig.results(rig.work .. "/out").cases[1].status)
  end)
end)

describe("watch without a terminal", function()
  it("writes plain lines, and hears no keys", function()
    rig = moonrig.new()
    folder = rig:plan("plan", { x = moonrig.case(PASSES) })
    local console = assert(engine.here():spawn({ rig.exe, "watch", folder, "-o", rig.work .. "/out" },
      { name = "watch", pipes = true, env = { "TMPDIR=" .. rig.tmp, "MOONRIG_CACHE=" .. rig.work .. "/cache" } }))
    finally(function()
      console:close(10)
      rig:remove()
    end)
    assert.matches("\nPASS  plan/x ", (assert(console:expect("1 passed, 0 failed", 30))))
    console:type "q\n"
    console:expect("results: ", { timeout = 30, from = "last" })
    console:expect("\n", 30)
    save("x.lua", moonrig.case(FAILS))
    local text = assert(console:expect("0 passed, 1 failed", 30))
    assert.matches("%d+:%d+:%d+  /.*/x.lua changed\n", text)
    assert.is_nil(text:find("[\27\r]"))
    console:signal "TERM"
    assert.equal(2, assert(console:await_exit(30)).code)
    assert.equal("", rig:leftovers())
  end)

  it("says what is selected by nothing, as a run does", function()
    rig = moonrig.new()
    local status, out = rig:call { "watch", "nowhere" }
    assert.equal(4, status)
    assert.matches("no such script: nowhere", out)
    rig:remove()
  end)
end)
