-- unwritable: a disk that is full, a limit of file sizes, a folder that cannot be written, an output that nobody takes:
-- the reason says so, what can be written is written, and the exit status is no success. Runs the real program.

local engine = require "engine"

local moonrig = require "specs.moonrig"
local case_of = moonrig.case

local FULL, LIMIT = "No space left on device", "File too large"

-- A case whose console prints so many bytes.
local function chatty(bytes)
  return case_of(([[
    local c = t:here():spawn({ "sh", "-c", "head -c %d /dev/zero | tr '\\0' x" }, { name = "chatty" })
    c:await_exit(10)
    t:equal(1, 1, "sum")]]):format(bytes))
end

local function is_clear(said)
  assert.is_nil(said:find("stack traceback", 1, true), said)
  assert.is_nil(said:find("without a verdict", 1, true), said)
end

describe("results", function()
  local rig, out

  before_each(function()
    rig = moonrig.new()
    out = rig.work .. "/out"
    assert(engine.fs.mkdir(out))
  end)
  after_each(function() rig:remove() end)

  -- Runs a shell's words, $0 being moonrig; returns the exit status and all output.
  local function shell(words, before)
    local argv = { "sh", "-c", words, rig.exe }
    for i, word in ipairs(before or {}) do table.insert(argv, i, word) end
    local r = assert(engine.here():run(argv, { env = { "TMPDIR=" .. rig.tmp }, timeout = 60 }))
    return r.code, r.out .. r.err
  end

  -- The same with a small tmpfs at `at`: an ordinary user may mount one in a user namespace. Nil without those.
  local function small(at, how, words)
    local before = { "unshare", "--user", "--map-root-user", "--mount" }
    if shell("true", before) ~= 0 then return nil end
    return shell(("mount -t tmpfs -o %s none '%s' && %s"):format(how, at, words), before)
  end

  local function run(file, more) return ("$0 run '%s' -o '%s' %s"):format(file, out, more or "") end

  for size, seen in pairs { ["size=4k"] = "junit", ["size=12k"] = "chatty", ["size=40k"] = "chatty",
      ["nr_inodes=2"] = "timeline.jsonl", ["nr_inodes=3"] = "mkdir", ["nr_inodes=4"] = "out/" } do
    it("on a full disk of " .. size .. " are an error that says so", function()
      local code, said = small(out, size, run(rig:write("x.lua", chatty(100000)), "; code=$?; cat '" .. out
        .. "/latest/results.tap'; exit $code"))
      if not code then return pending "no user namespace to mount a small disk in" end
      assert.equal(3, code, said)
      assert.matches("[^\n]*" .. seen:gsub("chatty", "out/") .. "[^\n]*: " .. FULL, said)
      is_clear(said)
    end)
  end

  it("whose disk is full at the end only are an error, and the case's own failure stays first", function()
    local file = rig:write("x.lua", case_of [[
      t:here():run { "sh", "-c", "cat /dev/zero >OUT/fill; true" }
      t:equal(1, 2, "sum")]]:gsub("OUT", out))
    local code, said = small(out, "size=400k", run(file))
    if not code then return pending "no user namespace to mount a small disk in" end
    assert.equal(1, code, said)
    assert.matches("FAIL  [^\n]*\n +sum: expected 2, got 1", said)
    assert.matches("cannot write the results: [^\n]*: " .. FULL, said)
    is_clear(said)
  end)

  it("keep the files that can be written", function()
    -- a folder is in the place of a file
    local file = rig:write("x.lua", case_of(('t:here():run { "sh", "-c", "cd %s/*-1 && mkdir junit.xml report.html" }'
      .. ' t:equal(1, 1, "sum")'):format(out)))
    local code, said = shell(run(file))
    assert.equal(3, code, said)
    assert.matches("1 passed, 0 failed", said)
    assert.matches("moonrig: cannot write the results: [^\n]*/junit.xml: Is a directory", said)
    assert.matches("note: no report.html: [^\n]*/report.html: Is a directory", said)
    assert.equal("PASS", moonrig.results(out).cases[1].status)
    assert.matches("\nok 1 ", moonrig.read(out .. "/latest/results.tap"))
    is_clear(said)
  end)

  it("have the verdict of a case whose own file cannot be written", function()
    for steps, reason in pairs { ['t:equal(1, 1, "sum")'] = "^[^\n]*/result.json: Is a directory$",
        ['t:equal(1, 2, "sum")'] = "^sum: expected 2, got 1 %(.*x.lua:%d+%)$", ['error "odd"'] = "x.lua:%d+: odd$" } do
      local file = rig:write("x.lua", case_of(('t:here():run { "sh", "-c", "cd %s/*-1/*.x && mkdir result.json" } %s'):format(
        out, steps)))
      local code, said = shell(run(file))
      assert.is_true(code == 1 or code == 3, said)
      assert.matches(reason, moonrig.results(out).cases[1].reason)
      is_clear(said)
      engine.fs.rmtree(out)
      assert(engine.fs.mkdir(out))
    end
  end)

  it("are pruned on a full disk", function()
    local file = rig:write("x.lua", case_of 't:equal(1, 1, "sum")')
    local code, said = small(out, "size=400k", ("%s && %s && { cat /dev/zero >'%s/fill'; "):format(run(file), run(file), out)
      .. ("$0 results prune --runs 1 -o '%s'; }"):format(out))
    if not code then return pending "no user namespace to mount a small disk in" end
    assert.equal(0, code, said)
    assert.matches("note: their results are not in the history: [^\n]*history.db: [^\n]*full", said)
    assert.matches("\nremoved 1 run, [^\n]*; 1 of 2 are left\n", said)
  end)

  it("have the words of a worker that ended without a verdict", function()
    local file = rig:write("x.lua", case_of [[t:equal(1, 1, "sum")
      package.loaded.engine.json.encode = function() error("nothing is encoded", 0) end]])
    local code, said = shell(run(file))
    assert.equal(3, code, said)
    assert.equal("nothing is encoded (the worker ended with exit status 3)", moonrig.results(out).cases[1].reason)
  end)

  for _, blocks in ipairs { 0, 1, 8 } do
    it(("past a limit of %d blocks for a file are an error that says so"):format(blocks), function()
      local code, said = shell(("ulimit -f %d; exec "):format(blocks) .. run(rig:write("x.lua", chatty(100000))))
      assert.equal(3, code, said)
      assert.matches("ERROR [^\n]*\n[^\n]*out/[^\n]*: " .. LIMIT, said)
      is_clear(said)
    end)
  end

  it("go to no folder that cannot be made or written", function()
    local file = rig:write("x.lua", chatty(1))
    rig:write("taken", "")
    for place, why in pairs { ["/taken"] = "Not a directory", ["/taken/below"] = "Not a directory",
        ["/" .. ("n"):rep(300)] = "File name too long" } do
      local code, said = rig:call { "run", file, "-o", rig.work .. place }
      assert.equal(3, code, said)
      assert.matches("^moonrig: results: no results folder under [^\n]*" .. why .. "; choose another with %-o DIR\n$", said)
    end
    local code, said = small(out, "ro", run(file))
    if not code then return pending "no user namespace to mount a small disk in" end
    assert.equal(3, code, said)
    assert.matches("^moonrig: results: no results folder under [^\n]*: Read%-only file system; choose", said)
  end)

  it("name a TMPDIR that cannot be used, and what to do", function()
    local file = rig:write("x.lua", chatty(1))
    rig:write("taken", "")
    for place, why in pairs { ["/none"] = "No such file or directory", ["/taken"] = "Not a directory",
        ["/" .. ("d/"):rep(4) .. "x"] = "No such file or directory" } do
      local code, said = rig:call({ "run", file, "-o", out }, { "TMPDIR=/tmp" .. place:gsub("taken", "../dev/null") })
      assert.equal(3, code, said)
      local reason = moonrig.results(out).cases[1].reason
      assert.matches("^TMPDIR: no folder for files in /tmp/.*: " .. why .. "; set TMPDIR to a folder that can be written$",
        reason)
      is_clear(said)
    end
    local code, said = small(rig.tmp, "ro", run(file))
    if not code then return pending "no user namespace to mount a small disk in" end
    assert.equal(3, code, said)
    assert.matches("TMPDIR: no folder for files in [^\n]*: Read%-only file system; set TMPDIR", said)
  end)

  it("name a character of TMPDIR that DPDK cannot have in a device's arguments", function()
    local file = rig:write("x.lua", case_of 't:testpmd { vdevs = { { "net_vhost0", iface = "s" } } }')
    for name, words in pairs { ["a,b"] = "a comma", ["a=b"] = "an equals sign", ["a[b"] = "an opening bracket" } do
      local tmp = engine.scratch() .. "/" .. name
      assert(engine.fs.mkdir(tmp))
      local code, said = rig:call({ "run", file, "-o", out }, { "TMPDIR=" .. tmp })
      engine.fs.rmtree(tmp:match "^(.*)/")
      assert.equal(3, code, said)
      local reason = moonrig.results(out).cases[1].reason
      assert.matches("x.lua:2: testpmd: socket path .*/s has " .. words .. ", which DPDK's device arguments cannot have: "
        .. "set TMPDIR to a folder without it$", reason)
    end
  end)
end)

describe("output that cannot be written", function()
  local rig = moonrig.new()
  teardown(function() rig:remove() end)

  -- Runs moonrig with a stdout that is opened so, in Perl; returns its exit status and stderr.
  local function call(how, args)
    local argv = { "perl", "-e", how .. "; exec { $ARGV[0] } @ARGV", rig.exe }
    for word in args:gmatch "%S+" do argv[#argv + 1] = word end
    local r = assert(engine.here():run(argv, { env = { "TMPDIR=" .. rig.tmp }, timeout = 60 }))
    return r.code, r.err
  end

  local WAYS = { ["open(STDOUT, '>', '/dev/full')"] = FULL,
    ["pipe(R, W); close(R); open(STDOUT, '>&', W)"] = "Broken pipe",
    ["close(STDOUT)"] = "Bad file descriptor" }
  local file = rig:write("x.lua", case_of 't:equal(1, 1, "sum")')
  local run = ("run %s -o %s/out "):format(file, rig.work)
  for _, args in ipairs { "--help", "--version", "list", "list " .. file, "help", "help t:vm", "help scenarios",
      "run --help", run, run .. "-v", run .. "--tap", run .. "-q", "results -o " .. rig.work .. "/out",
      "report " .. rig.work .. "/out/latest", "completion bash" } do
    it("is an exit status of " .. args:gsub(rig.work, ""), function()
      if not args:find "^run" then rig:call { "run", file, "-o", rig.work .. "/out" } end
      for how, why in pairs(WAYS) do
        local code, said = call(how, args)
        assert.equal(3, code, how .. ": " .. said)
        assert.matches("moonrig: stdout could not be written: " .. why .. "\n$", said)
        is_clear(said)
      end
    end)
  end

  it("does not hide a failure", function()
    local code = call("open(STDOUT, '>', '/dev/full')", "run " .. rig:write("bad.lua", case_of 't:equal(1, 2, "sum")')
      .. " -o " .. rig.work .. "/out")
    assert.equal(1, code)
    assert.equal(4, (call("close(STDOUT)", "list nowhere")))
  end)
end)
