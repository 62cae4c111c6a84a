-- history_db: history.db with the real program: runs that are added, several writers, a killed writer, a damaged file. Read
-- with sqlite3, too.

local engine = require "engine"

local history_db = require "results.history_db"
local moonrig = require "specs.moonrig"

local rig = moonrig.new()
local base

-- A run's folder as a run leaves it.
local function leave(id, cases, more)
  local dir = ("%s/%s"):format(base, id)
  assert(engine.fs.mkdir(dir))
  local run = { schema = 1, id = id, started = "2026-11-22T08:00:00Z", seconds = 1, moonrig = "0.1.0", dpdk = "22.11",
    host = { cpus = 2 }, cases = cases }
  for key, value in pairs(more or {}) do run[key] = value end
  local f = assert(io.open(dir .. "/results.json", "w"))
  f:write(engine.json.encode(run))
  f:close()
  return dir
end

local function id_of(day, n) return ("202601%02dT000000Z-%d"):format(day, n or 1) end

local function case(status, more)
  local c = { plan = "p", name = "c", file = "p/c.lua", status = status, seconds = 1, checks = {}, phases = {},
    notices = {}, values = {} }
  for key, value in pairs(more or {}) do c[key] = value end
  return c
end

local function sql(statement)
  local r = assert(engine.here():run({ "sqlite3", base .. "/history.db", statement }, { timeout = 20 }))
  assert.equal("", r.err)
  return (r.out:gsub("\n$", ""))
end

local function history(...) return rig:call { "history", "-o", base, ... } end

before_each(function()
  base = rig.work .. "/results"
  engine.fs.rmtree(base)
  assert(engine.fs.mkdir(base))
end)

describe("history.db", function()
  it("holds the whole results of a run, as sqlite3 reads it", function()
    leave(id_of(1), { case("FLAKY", { reason = "it's a 'quote';--\0x", boot = "snapshot", round = 2,
      attempts = { {}, {} },
      checks = { { what = "one", ok = true, got = 1, expected = 1, where = "c.lua:3", t = 0.5 },
        { what = "two", ok = false, got = { 1 } } },
      phases = { { name = "setup", start = 0, seconds = 0.25 }, { name = "setup/boot", start = 0, part = true } },
      values = { rate = 14.5, ports = { { rx = 7 }, { rx = 8 } }, word = "ok", yes = true },
      cells = { { name = "a", status = "XFAIL", reason = "known", seconds = 1 } },
      programs = { { name = "pmd", program = "dpdk-testpmd", version = "22.11", sha256 = "ab" } } }) })
    assert.equal(0, (history()))
    assert.equal(id_of(1) .. "|2026-11-22T08:00:00Z|1.0|0", sql "SELECT * FROM runs")
    assert.equal("dpdk|22.11\nhost.cpus|2\nmoonrig|0.1.0", sql "SELECT name, value FROM versions ORDER BY name")
    assert.equal("p|c|FLAKY|it's a 'quote';--\239\191\189x|snapshot|2|2",
      sql "SELECT plan, name, status, reason, boot, round, attempts FROM cases")
    assert.equal("1|one|1|1|1|c.lua:3\n2|two|0|{1}||", sql "SELECT number, what, ok, got, expected, place FROM checks")
    assert.equal("setup|0.25|0\nsetup/boot||1", sql "SELECT name, seconds, is_part FROM phases")
    assert.equal("ports.1.rx|7\nports.2.rx|8\nrate|14.5\nword|ok\nyes|1", sql "SELECT name, value FROM measured ORDER BY name")
    assert.equal("a|XFAIL|known", sql "SELECT name, status, reason FROM cells")
    assert.equal("dpdk-testpmd|22.11|ab", sql "SELECT program, version, sha256 FROM programs")
    assert.equal("wal", sql "PRAGMA journal_mode")
  end)

  it("adds each run once, and only finished runs", function()
    leave(id_of(1), { case "PASS" })
    leave("20260101T000000Z-x", { case "PASS" })
    assert(engine.fs.mkdir(base .. "/mine"))
    assert(engine.fs.symlink(id_of(1), base .. "/latest"))
    assert(engine.fs.symlink(id_of(1), base .. "/" .. id_of(2)))
    history()
    leave(id_of(3), { case "FAIL" })
    history()
    history()
    assert.equal(id_of(1) .. "\n" .. id_of(3), sql "SELECT run FROM runs ORDER BY run")
    assert.equal("2", sql "SELECT count(*) FROM cases")
  end)

  it("adds a killed run's cases, and no run in progress", function()
    local text = moonrig.case 't:note "here" t:elapse(60)'
    local file = rig:write("x.lua", text)
    local r = assert(engine.here():spawn({ rig.exe, "run", file, "-v", "-o", base },
      { name = "run", pipes = true, env = { "TMPDIR=" .. rig.tmp, "MOONRIG_CACHE=" .. rig.work .. "/cache" }, grace = 30 }))
    assert(r:expect("note: here", 20))
    local code, said = history()
    assert.equal(5, code)
    assert.matches("no finished run has a case in", said)
    r:signal "KILL"
    r:await_exit(20)
    r:close(20)
    -- a young run without results may be about to start
    local id
    for _, name in ipairs(engine.fs.list(base)) do id = name:find "Z%-%d+$" and name or id end
    assert(engine.fs.rename(("%s/%s"):format(base, id), ("%s/%s"):format(base, id_of(5))))
    assert.equal(0, (history()))
    assert.equal(id_of(5) .. "|1|ERROR|x", sql "SELECT run, is_killed, status, cases.name FROM cases JOIN runs USING (run)")
    rig:call({ "clean" }, { "MOONRIG_CACHE=" .. rig.work .. "/cache", "MOONRIG_SNAPSHOTS=" })
  end)

  it("keeps what was removed, also when it is made anew", function()
    local gone = leave(id_of(1), { case "PASS" })
    leave(id_of(2), { case "PASS" })
    history()
    engine.fs.rmtree(gone)
    sql "UPDATE cases SET status = 'FAIL'"
    local code, said = history "--rebuild"
    assert.equal(0, code, said)
    assert.matches("history.db: 1 run read", said, 1, true)
    assert.equal(("%s|FAIL\n%s|PASS"):format(id_of(1), id_of(2)), sql "SELECT run, status FROM cases ORDER BY run")
  end)

  it("reports a run that it cannot read, and adds the others", function()
    leave(id_of(1), { case "PASS" })
    local bad = leave(id_of(2), {})
    local f = assert(io.open(bad .. "/results.json", "w"))
    f:write '{"cases": [{'
    f:close()
    local code, said = history()
    assert.equal(0, code, said)
    assert.matches("note: left out: [^\n]*" .. id_of(2):gsub("%-", "%%-") .. "/results.json holds no run", said)
    assert.equal("1", sql "SELECT count(*) FROM runs")
  end)
end)

describe("a damaged history.db", function()
  local damages = {
    { "no database", function() return "no database at all, by no means, in not one of its bytes" end },
    { "cut", function(text) return text:sub(1, 5000) end },
    { "overwritten", function(text) return text:sub(1, 100) .. ("\255"):rep(#text - 100) end },
  }
  for _, damage in ipairs(damages) do
    it(("(%s) is reported, and made anew by --rebuild"):format(damage[1]), function()
      for day = 1, 9 do leave(id_of(day), { case "PASS" }) end
      history()
      local f = assert(io.open(base .. "/history.db", "r+"))
      local text = damage[2](f:read "*a")
      f:close()
      f = assert(io.open(base .. "/history.db", "w"))
      f:write(text)
      f:close()
      for _, words in ipairs { {}, { "c" } } do
        local code, said = history(unpack(words))
        assert.equal(3, code, said)
        assert.matches("history.db: [^\n]*; `moonrig history %-%-rebuild` makes it anew", said)
        assert.is_nil(said:find("stack traceback", 1, true))
      end
      -- a run works without it
      local file = rig:write("x.lua", moonrig.case 't:equal(1, 1, "one")')
      assert.equal(0, (rig:call { "run", file, "-o", base }))
      assert.is_false((pcall(history_db.use, base, nil, function() end)))
      local code, said = history "--rebuild"
      assert.equal(0, code, said)
      assert.equal("10", sql "SELECT count(*) FROM runs")
      assert.equal("ok", sql "PRAGMA integrity_check")
    end)
  end

  it("of another moonrig is left alone", function()
    leave(id_of(1), { case "PASS" })
    history()
    sql "PRAGMA user_version = 99"
    local code, said = history()
    assert.equal(3, code, said)
    assert.matches("expected tables of version 2, found version 99;", said, 1, true)
  end)
end)

describe("without SQLite", function()
  it("history reports what is missing, and a run works", function()
    leave(id_of(1), { case "PASS" })
    local env = { "LUA_CPATH=/nonexistent/?.so" }
    local code, said = rig:call({ "history", "-o", base }, env)
    assert.equal(3, code, said)
    assert.matches("install Debian's package lua-sql-sqlite3", said, 1, true)
    local file = rig:write("x.lua", moonrig.case 't:equal(1, 1, "one")')
    code, said = rig:call({ "run", file, "-o", base }, env)
    assert.equal(0, code, said)
    code, said = rig:call({ "run", file, "-o", base, "--last-failed" }, env)
    assert.equal(3, code, said)
    assert.matches("lua-sql-sqlite3", said, 1, true)
  end)
end)

describe("several at once", function()
  local CHECKS, RUNS = 200, 40

  local function leave_many()
    local checks = {}
    for i = 1, CHECKS do checks[i] = { what = "check " .. i, ok = true, got = ("x"):rep(100) } end
    for n = 1, RUNS do leave(id_of(1, n), { case("PASS", { checks = checks }) }) end
  end

  local function start(...)
    return assert(engine.here():spawn({ rig.exe, "history", "-o", base, ... }, { name = "history", pipes = true,
      env = { "TMPDIR=" .. rig.tmp }, grace = 30 }))
  end

  -- All runs in it are whole.
  local function assert_whole()
    assert.equal("ok", sql "PRAGMA integrity_check")
    assert.equal("", sql "PRAGMA foreign_key_check")
    assert.equal("0", sql(([[SELECT count(*) FROM runs WHERE (SELECT count(*) FROM checks JOIN cases ON "case" = id
      WHERE cases.run = runs.run) <> %d]]):format(CHECKS)))
  end

  it("write each run once", function()
    leave_many()
    local writers = {}
    for i = 1, 8 do writers[i] = start(i == 8 and "--rebuild" or nil) end
    for _, writer in ipairs(writers) do
      assert.equal(0, assert(writer:await_exit(60)).code, writer:tail(20))
      writer:close(5)
    end
    assert.equal(0, (history()))
    assert.equal(tostring(RUNS), sql "SELECT count(*) FROM runs")
    assert_whole()
  end)

  it("and a killed writer leaves only whole runs", function()
    leave_many()
    local written, killed = 0, 0
    for _ = 1, 5 do
      local writer = start()
      local target, book, deadline = math.min(written + 3, RUNS), nil, engine.now() + 60
      -- kills it at another moment each time
      repeat
        assert(engine.elapse(0.001))
        local ok, opened = pcall(history_db.open, base)
        book = book or ok and opened or nil
        written = book and tonumber(book.db:rows "SELECT count(*) AS n FROM runs"[1].n) or 0
      until written >= target or engine.now() > deadline
      -- on a busy machine the writer may be done before we look
      if not writer:exit() then
        writer:signal "KILL"
        killed = killed + 1
      end
      writer:await_exit(20)
      writer:close(5)
      book:close()
      assert.is_true(written >= target)
      assert_whole()
    end
    assert.is_true(killed > 0)
    assert.equal(0, (history()))
    assert.equal(tostring(RUNS), sql "SELECT count(*) FROM runs")
    assert_whole()
  end)

  it("run, and all of their runs are there", function()
    local file, runs = rig:write("x.lua", moonrig.case 't:equal(1, 1, "one")'), {}
    for i = 1, 4 do
      runs[i] = assert(engine.here():spawn({ rig.exe, "run", file, "-o", base }, { name = "run" .. i, pipes = true,
        env = { "TMPDIR=" .. rig.tmp }, grace = 30 }))
      start():close(20)
    end
    for _, run in ipairs(runs) do
      assert.equal(0, assert(run:await_exit(60)).code)
      run:close(5)
    end
    history()
    assert.equal("4", sql "SELECT count(*) FROM runs")
  end)
end)

teardown(function() rig:remove() end)
