-- parcel: a bundle has what a run left and nothing of who ran it where; opened elsewhere, it replays to the same verdict.
-- With the real program, in folders of its own.

local engine = require "engine"

local moonrig = require "specs.moonrig"
local paths = require "base.paths"

local rig = moonrig.new()
local home = rig.work .. "/home/jane.doe"
local ENV = { "HOME=" .. home, "USER=janedoe", "MOONRIG_CACHE=" .. rig.work .. "/cache" }
-- another user on another machine, as far as one has it here
local ELSEWHERE = { "HOME=" .. rig.work .. "/elsewhere", "USER=mary", "MOONRIG_CACHE=" .. rig.work .. "/elsewhere/cache" }

local KEY = "AAAAC3NzaC1lZDI1NTE5" .. ("Qw"):rep(24)

-- What tells of her, from the world and from her own text.
local STEPS = [[
  local r = t:here():run { "sh", "-c", "echo janedoe@office 10.20.30.40 fe80::5054:ff:fe12:3456 3c:ec:ef:1a:2b:3c; "
    .. "echo ssh-ed25519 ]] .. KEY .. [[; echo $HOME" }
  t:match(r.out, "^%w+@office %d+%.%d+%.%d+%.%d+ ", "what it said")
  t:match(r.out, "10.20.30.40", "her address")
  t:value("said", r.out)
  t:note("by janedoe in " .. os.getenv "HOME")
  t:equal(#r.out, LENGTH, "its length")]]

-- What the command says, but for her home's path.
local SAID = "janedoe@office 10.20.30.40 fe80::5054:ff:fe12:3456 3c:ec:ef:1a:2b:3c\nssh-ed25519 \n\n" .. KEY

local TELLING = { "jane%.?doe", "10%.20%.30%.40", "5054:ff", "1a:2b:3c", "QwQwQw" }

local function call(args, env, cwd)
  local argv, words = { rig.exe, unpack(args) }, { "TMPDIR=" .. rig.tmp, unpack(env) }
  local r = assert(engine.here():run(argv, { env = words, cwd = cwd, timeout = 60 }))
  return r.code, r.out .. r.err
end

local function files_below(folder, out)
  for _, name in ipairs(engine.fs.list(folder)) do
    local path = ("%s/%s"):format(folder, name)
    if engine.fs.stat(path, true).type == "dir" then files_below(path, out) else out[#out + 1] = path end
  end
  return out
end

local function unpack_into(file, folder)
  assert(engine.fs.mkdir(folder))
  local r = assert(engine.here():run({ "tar", "-C", folder, "-xzf", file }, { timeout = 20 }))
  assert.equal(0, r.code, r.err)
  return ("%s/%s"):format(folder, engine.fs.list(folder)[1])
end

local function archive_of(folder, file)
  local r = assert(engine.here():run({ "tar", "-C", folder, "-czf", file, "." }, { timeout = 20 }))
  assert.equal(0, r.code, r.err)
end

setup(function()
  paths.make(home)
  paths.make(rig.work .. "/elsewhere")
end)

describe("a bundle", function()
  local archive, folder = rig.work .. "/jane.tar.gz", nil

  setup(function()
    local plan = rig.work .. "/home/jane.doe/plan"
    assert(engine.fs.mkdir(plan))
    for name, length in pairs { good = #SAID + #home, bad = 7 } do
      rig:write(("home/jane.doe/plan/%s.lua"):format(name), moonrig.case((STEPS:gsub("LENGTH", length))))
    end
    assert.equal(1, (call({ "run", plan, "-o", home .. "/out" }, ENV)))
    local run = engine.fs.realpath(home .. "/out/latest")
    rig:write(run:sub(#rig.work + 2) .. "/plan.good/id_ed25519", "a key")
    -- a key at the end of what is redacted at once
    rig:write(run:sub(#rig.work + 2) .. "/plan.good/long.log", ("."):rep(2 ^ 20 - 60) .. "\n-----BEGIN PRIVATE KEY-----\n"
      .. ("QwQwQwEND\n"):rep(30) .. "-----END PRIVATE KEY-----\nby janedoe\n")
    assert(engine.fs.symlink("/etc/passwd", run .. "/plan.good/link"))
    local code, said = call({ "bundle", "-o", home .. "/out", "-f", archive }, ENV)
    assert.equal(0, code, said)
    assert.matches("left out: plan.good/id_ed25519: it may be a key\nleft out: plan.good/link: not a regular file\n", said, 1, true)
    folder = unpack_into(archive, rig.work .. "/elsewhere/unpacked")
    -- the original is not there any more
    engine.fs.rmtree(home)
  end)

  it("tells nothing of user, machine, home, addresses and keys", function()
    local names, count = { unpack(TELLING) }, 0
    for _, path in ipairs(files_below(folder, {})) do
      local text = moonrig.read(path)
      for _, pattern in ipairs(names) do
        local at = text:find(pattern)
        assert(not at, ("%s has %s: %s"):format(path, pattern, at and text:sub(at - 40, at + 40) or ""))
      end
      assert.is_nil(path:find "id_ed25519")
      count = count + 1
    end
    assert.is_true(count >= 10)
    -- its files are nobody's
    local r = assert(engine.here():run({ "tar", "-tvzf", archive }, { timeout = 20 }))
    assert.is_nil(r.out:gsub("%S+ 0/0 [^\n]*\n", ""):match "%S")
  end)

  it("has the scenarios as they ran, transcripts, tapes and what machine it was", function()
    for _, name in ipairs { "results.json", "junit.xml", "timeline.jsonl", "plan.good/scenario.lua", "plan.good/recording.jsonl",
      "plan.bad/result.json", "report.html", "results.tap" } do
      assert.is_truthy(engine.fs.stat(folder .. "/" .. name), name)
    end
    local told = engine.json.decode(moonrig.read(folder .. "/bundle.json"))
    assert.equal(1, told.bundle)
    assert.equal(#engine.sys.cpus(), told.environment.cpus)
    assert.equal(2, #told.left_out)
  end)

  it("keeps the places in transcripts that the timeline names", function()
    local length = 0
    for line in moonrig.read(folder .. "/timeline.jsonl"):gmatch "[^\n]+" do
      local event = assert(engine.json.decode(line))
      if event.ev == "output" and event.console == "worker-good" then length = math.max(length, event.at + event.len) end
    end
    assert.is_true(length > 0)
    assert.equal(length, #moonrig.read(folder .. "/worker-good.log"))
  end)

  for _, what in ipairs { "archive", "folder" } do
    it(("replays to the same verdicts elsewhere, out of its %s"):format(what), function()
      local code, said = call({ "replay", what == "archive" and archive or folder }, ELSEWHERE, rig.work .. "/elsewhere")
      assert.equal(1, code, said)
      assert.matches("PASS  plan/good  as recorded", said)
      assert.matches("FAIL  plan/bad  as recorded", said)
      assert.matches("2 replayed, 2 as recorded, 0 not", said)
    end)
  end
end)

describe("a bundle elsewhere", function()
  local archive, work = rig.work .. "/one.tar.gz", rig.work .. "/elsewhere"
  local run

  setup(function()
    rig:write("one.lua", moonrig.case 't:value("n", 3) t:equal(1, 2, "they are one")')
    assert.equal(1, (call({ "run", rig.work .. "/one.lua", "-o", rig.work .. "/ours" }, ENV)))
    run = engine.fs.realpath(rig.work .. "/ours/latest")
    assert.equal(0, (call({ "bundle", "-o", rig.work .. "/ours", "-f", archive }, ENV)))
  end)

  it("is a report again, here or in a file; its source is the recording's, none of this machine's", function()
    -- other text at the place that the scenario had
    rig:write("one.lua", moonrig.case 't:truthy(true, "another text")')
    local code, said = call({ "report", archive }, ELSEWHERE, work)
    assert.equal(0, code, said)
    local name = said:match "^(moonrig%-[^\n]+%.html)\n$"
    local text = moonrig.read(("%s/%s"):format(work, name))
    assert.matches("^<!doctype html>.*they are one", text)
    assert.is_nil(text:find("another text", 1, true))
    assert(os.remove(("%s/%s"):format(work, name)))
    assert.same({ 0, work .. "/r.html\n" }, { call({ "report", archive, "-f", work .. "/r.html" }, ELSEWHERE, work) })
    assert.matches("they are one", moonrig.read(work .. "/r.html"))
    local folder = unpack_into(archive, work .. "/one")
    assert.same({ 0, folder .. "/report.html\n" }, { call({ "report", folder }, ELSEWHERE, work) })
  end)

  it("without a recording has no source in its report, were it even at its place", function()
    local folder = unpack_into(archive, work .. "/tapeless")
    local dir = ("%s/%s"):format(folder, engine.json.decode(moonrig.read(folder .. "/results.json")).cases[1].dir:match "[^/]+$")
    assert(os.remove(dir .. "/recording.jsonl"))
    assert.equal(0, (call({ "report", folder }, ELSEWHERE, work)))
    assert.is_nil(moonrig.read(folder .. "/report.html"):find("another text", 1, true))
  end)

  it("has a timeline, and is compared with a run of one's own", function()
    local code, said = call({ "timeline", archive, "--around", "they are" }, ELSEWHERE, work)
    assert.equal(0, code, said)
    assert.matches("they are one", said)
    code, said = call({ "compare", archive, run }, ELSEWHERE, work)
    assert.equal(0, code, said)
    assert.matches("\nnothing changed\n$", said)
    code, said = call({ "compare", archive, archive .. "x" }, ELSEWHERE, work)
    assert.equal(4, code, said)
    assert.matches("neither [^\n]+one%.tar%.gzx nor", said)
  end)

  it("leaves nothing in between", function()
    assert.equal("", rig:leftovers())
  end)
end)

describe("a bundle of a scenario with modules of its own", function()
  local work, archive = rig.work .. "/author", rig.work .. "/author.tar.gz"
  local elsewhere = rig.work .. "/elsewhere"
  -- by their paths in the bundle's modules/
  local BESIDE = { ["common.lua"] = "return { answer = 42 }", ["parts/one.lua"] = "return 1",
    ["parts/named.lua"] = 'return "named"', ["dofiled.lua"] = "return 2" }
  local APART = { ["lua/found.lua"] = 'return require "needed"', ["lua/needed.lua"] = 'return "needed"',
    ["shared/up.lua"] = 'return "up"' }
  local USES = [[
    local here = debug.getinfo(1, "S").source:match "^@(.*)/"
    t:equal(require("common").answer, 42, "beside") t:equal(require "parts.one", 1, "in a folder")
    for _, name in ipairs { "named" } do t:equal(require("parts." .. name), "named", "by a name that is computed") end
    t:equal(dofile(here .. "/dofiled.lua"), 2, "by dofile")
    t:equal(assert(loadfile(here .. "/../shared/up.lua"))(), "up", "above it")
    package.path = here .. "/../lua/?.lua;" .. package.path
    t:equal(require "found", "needed", "by package.path, and what it requires")
    local f = assert(io.open(here .. "/data.txt")) t:equal(f:read "*a", "data", "its data") f:close()]]

  setup(function()
    for _, folder in ipairs { "plan/parts", "lua", "shared" } do paths.make(("%s/%s"):format(work, folder)) end
    for name, text in pairs(BESIDE) do rig:write("author/plan/" .. name, text) end
    for name, text in pairs(APART) do rig:write("author/" .. name, text) end
    rig:write("author/plan/data.txt", "data")
    rig:write("author/plan/x.lua", moonrig.case(USES))
    local code, said = call({ "run", "plan/x.lua", "-o", work .. "/out" }, ENV, work)
    assert.equal(0, code, said)
    assert.equal(0, (call({ "bundle", "-o", work .. "/out", "-f", archive }, ENV)))
    engine.fs.rmtree(work)
  end)

  it("has their texts", function()
    local folder = unpack_into(archive, rig.work .. "/modules") .. "/plan.x/modules/"
    for name, text in pairs(BESIDE) do assert.equal(text, moonrig.read(folder .. name), name) end
    for name, text in pairs(APART) do assert.equal(text, moonrig.read(folder .. name), name) end
    assert.equal(7, #files_below(folder, {}))
  end)

  it("replays where none of them is", function()
    local code, said = call({ "replay", archive }, ELSEWHERE, elsewhere)
    assert.equal(0, code, said)
    assert.matches("PASS  plan/x  as recorded", said)
  end)

  it("replays with its own, not with what is found there", function()
    paths.make(elsewhere .. "/plan")
    rig:write("elsewhere/plan/common.lua", "return { answer = 43 }")
    rig:write("elsewhere/plan/dofiled.lua", "return 3")
    local code, said = call({ "replay", archive }, ELSEWHERE, elsewhere)
    engine.fs.rmtree(elsewhere .. "/plan")
    assert.equal(0, code, said)
    assert.matches("PASS  plan/x  as recorded", said)
  end)
end)

describe("a bundle of a real run", function()
  it("with a guest replays, names and addresses redacted", function()
    local run = rig.work .. "/20260101T000000Z-1"
    local r = assert(engine.here():run({ "cp", "-r", engine.home() .. "/test/specs/fixtures/run", run }, { timeout = 20 }))
    assert.equal(0, r.code, r.err)
    local archive = rig.work .. "/guest.tar.gz"
    local code, said = call({ "bundle", run, "-f", archive }, ENV)
    assert.equal(0, code, said)
    code, said = call({ "replay", archive }, ELSEWHERE)
    assert.equal(0, code, said)
    assert.matches("2 replayed, 2 as recorded, 0 not", said)
    local folder = unpack_into(archive, rig.work .. "/guest")
    local text = moonrig.read(folder .. "/vdev_primary_secondary.symmetric/recording.jsonl")
    assert.is_nil(text:find("10.0.2.15", 1, true))
    assert.is_truthy(text:find("127.0.0.1", 1, true))
    assert.is_nil(text:find "AAAAC3Nz")
  end)
end)

describe("what is no bundle", function()
  local function refused(file, words)
    local code, said = call({ "replay", file }, ELSEWHERE)
    assert.equal(3, code, said)
    assert.matches(words, said)
    assert.is_nil(said:find("stack traceback", 1, true))
  end

  it("is told", function()
    refused(rig:write("text.tar.gz", "no archive"), "text.tar.gz is not a bundle: ")
    local folder = rig.work .. "/other"
    assert(engine.fs.mkdir(folder))
    rig:write("other/file", "x")
    archive_of(folder, rig.work .. "/other.tar.gz")
    refused(rig.work .. "/other.tar.gz", "other.tar.gz is not a bundle: it has no bundle.json")
  end)

  it("with a link in it is refused: it could lead out", function()
    local folder = rig.work .. "/hostile"
    assert(engine.fs.mkdir(folder))
    rig:write("hostile/bundle.json", "{}")
    assert(engine.fs.symlink("/etc/passwd", folder .. "/results.json"))
    archive_of(folder, rig.work .. "/hostile.tar.gz")
    refused(rig.work .. "/hostile.tar.gz", "results.json, which is not a regular file")
  end)

  it("is a case's folder, a run that is not there, a place that is not there", function()
    local run = rig.work .. "/20260101T000000Z-1"
    local code, said = call({ "bundle", run .. "/smoke.loopback" }, ENV)
    assert.equal(3, code)
    assert.matches("smoke.loopback is a case's folder", said)
    code, said = call({ "bundle", "nonsense" }, ENV)
    assert.equal(4, code)
    assert.matches("neither nonsense nor", said)
    code, said = call({ "bundle", run, "-f", rig.work .. "/none/x.tar.gz" }, ENV)
    assert.equal(4, code)
    assert.matches("no folder [^\n]*/none/", said)
  end)
end)

describe("a bundle whose maker is killed", function()
  it("leaves no part of it", function()
    local run = rig.work .. "/20260102T000000Z-1"
    assert(engine.fs.mkdir(run))
    rig:write("20260102T000000Z-1/timeline.jsonl", "")
    rig:write("20260102T000000Z-1/results.json", '{"id":"20260102T000000Z-1","cases":[]}')
    -- a gzip that begins and does not come to its end
    assert(engine.fs.mkdir(rig.work .. "/bin"))
    assert(engine.fs.chmod(rig:write("bin/gzip", "#!/bin/sh\nprintf part\nexec sleep 100\n"), 493))
    local to = rig.work .. "/killed"
    assert(engine.fs.mkdir(to))
    local r = assert(engine.here():spawn({ rig.exe, "bundle", run, "-f", to .. "/x.tar.gz" }, { name = "bundle",
      pipes = true, env = { "TMPDIR=" .. rig.tmp, ("PATH=%s/bin:%s"):format(rig.work, os.getenv "PATH"), unpack(ENV) }, grace = 30 }))
    local deadline = engine.now() + 60
    repeat assert(engine.elapse(0.001)) until #engine.fs.list(to) > 0 or r:exit() or engine.now() > deadline
    assert.is_nil(r:exit())
    r:signal "KILL"
    r:await_exit(20)
    r:close(20)
    -- the guard does it, and it is another process
    while engine.now() < deadline and (#engine.fs.list(to) > 0 or rig:leftovers() ~= "") do assert(engine.elapse(0.01)) end
    assert.same({}, engine.fs.list(to))
    assert.equal("", rig:leftovers())
  end)
end)

teardown(function() rig:remove() end)
