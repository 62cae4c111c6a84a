--- history_db: history.db in a folder of results: runs, versions, cases, checks, phases and values of all its runs.
---
--- It is an index. A run writes nothing into it: a reader adds the run folders that are new, one transaction each. So
--- runs at the same time, or killed ones, cannot damage it. Runs whose folders were removed stay in it.

local database = require "base.database"
local engine = require "engine"
local fail = require "base.fail"
local product = require "results.product"
local run_store = require "results.run_store"
local show = require "base.show"
local duration_stats = require "results.duration_stats"

local history_db = {}

local HistoryDb = {}
HistoryDb.__index = HistoryDb

history_db.NAME = "history.db"

local VERSION = 2

-- A check's two values are stored as text.
local function words(value)
  if value == nil then return nil end
  return type(value) == "string" and value or show.value(value)
end

-- The tables of a case's arrays: columns, and the values of an item.
local PARTS = {
  checks = { "what TEXT, ok INTEGER NOT NULL, got TEXT, expected TEXT, place TEXT, t REAL", function(c)
    return c.what, c.ok == true, words(c.got), words(c.expected), c.where, c.t
  end },
  phases = { "name TEXT, start REAL, seconds REAL, is_part INTEGER NOT NULL",
    function(p) return p.name, p.start, p.seconds, p.part == true end },
  cells = { "name TEXT, status TEXT NOT NULL, reason TEXT, seconds REAL",
    function(c) return c.name, c.status, c.reason, c.seconds end },
  programs = { "name TEXT, program TEXT, version TEXT, sha256 TEXT",
    function(p) return p.name, p.program, p.version, p.sha256 end },
}

local PART = [[CREATE TABLE %s ("case" INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE, number INTEGER NOT NULL, %s,
  PRIMARY KEY ("case", number)) WITHOUT ROWID]]

local SCHEMA = {
  [[CREATE TABLE runs (run TEXT PRIMARY KEY, started TEXT, seconds REAL, is_killed INTEGER NOT NULL)]],
  [[CREATE TABLE versions (run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, name TEXT NOT NULL, value TEXT,
    PRIMARY KEY (run, name))]],
  [[CREATE TABLE cases (id INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, number INTEGER NOT
    NULL, plan TEXT NOT NULL, name TEXT NOT NULL, file TEXT, round INTEGER, status TEXT NOT NULL, reason TEXT, seconds
    REAL NOT NULL, boot TEXT, attempts INTEGER NOT NULL)]],
  [[CREATE INDEX cases_by_name ON cases (plan, name, id)]],
  [[CREATE INDEX cases_by_run ON cases (run)]],
  [[CREATE TABLE measured ("case" INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE, name TEXT NOT NULL, value,
    PRIMARY KEY ("case", name)) WITHOUT ROWID]],
  ("PRAGMA user_version = %d"):format(VERSION),
}

-- ---- the file ----

local REMEDY = "; `moonrig history --rebuild` makes it anew from the run folders"

local function version_of(db) return tonumber(db:rows "PRAGMA user_version"[1].user_version) end

local function make_tables(db)
  if version_of(db) ~= 0 then return end
  db:transaction(function()
    -- another process may have made them meanwhile
    if version_of(db) ~= 0 then return end
    for _, statement in ipairs(SCHEMA) do db:execute(statement) end
    for name, part in pairs(PARTS) do db:execute(PART:format(name, part[1])) end
  end)
end

local function open(path)
  local db = database.open(path)
  local ok, err = pcall(make_tables, db)
  local version = ok and version_of(db)
  if version == VERSION then return db end
  db:close()
  if not ok then error(err, 0) end
  fail.raise("EBADMSG", "history", ("%s: expected tables of version %d, found version %d"):format(path,
    VERSION, version))
end

-- SQLite locks the file to switch to WAL or to recover from a killed writer; its busy timeout does not cover that.
local OPEN_SECONDS, AGAIN_SECONDS = 10, 0.01

local function open_in_time(path)
  local deadline = engine.now() + OPEN_SECONDS
  while true do
    local ok, db = pcall(open, path)
    if ok or fail.code(db) ~= "EBUSY" or engine.now() >= deadline then return ok, db end
    fail.check(engine.elapse(AGAIN_SECONDS))
  end
end

--- The history of the folder `base`. Raises EBADMSG (with the remedy) for a damaged file, ENOPKG without SQLite.
function history_db.open(base)
  if not engine.fs.stat(base) then
    fail.raise("USAGE", "history", ("there are no results in %s yet"):format(base))
  end
  local path = ("%s/%s"):format(base, history_db.NAME)
  local ok, db = open_in_time(path)
  if ok then return setmetatable({ base = base, db = db }, HistoryDb) end
  if fail.code(db) ~= "EBADMSG" then error(db, 0) end
  fail.raise("EBADMSG", "history", db.what .. REMEDY)
end

--- Removes a damaged history.
function history_db.discard(base)
  for _, suffix in ipairs { "", "-wal", "-shm" } do os.remove(("%s/%s%s"):format(base, history_db.NAME, suffix)) end
end

--- May be called twice.
function HistoryDb:close() self.db:close() end

--- Calls fn(history, left) with the history of `base`, after adding new runs for `seconds` at most. `left`: how many
--- runs are still to be added. Closes it; returns fn's value, raises as history_db.open.
function history_db.use(base, seconds, fn)
  local history = history_db.open(base)
  local ok, out = pcall(function()
    local _, left = history:update(seconds)
    return fn(history, left)
  end)
  history:close()
  if not ok then error(out, 0) end
  return out
end

-- ---- writing ----

--- The versions in a run's results; the host's are beside them.
history_db.VERSIONS = { "moonrig", "dpdk", "qemu", "image", "kernel", "guest_kernel", "luajit", "accelerator" }

local function write_versions(db, id, run)
  local function add(name, value)
    if value ~= nil then db:execute("INSERT INTO versions VALUES (?, ?, ?)", id, name, tostring(value)) end
  end
  for _, name in ipairs(history_db.VERSIONS) do add(name, run[name]) end
  add("combination", product.place(run.combination))
  for _, name in ipairs(show.sorted_keys(type(run.host) == "table" and run.host or {})) do
    add("host." .. name, run.host[name])
  end
end

local function add_leaves(name, value, out)
  if type(value) ~= "table" then
    out[name] = value == engine.json.null and "null" or value
    return
  end
  for _, key in ipairs(show.sorted_keys(value)) do
    add_leaves(name and ("%s.%s"):format(name, tostring(key)) or tostring(key), value[key], out)
  end
end

--- A case's values, flat: { a = { b = 1 } } becomes { ["a.b"] = 1 }.
function history_db.leaves(values)
  local out = {}
  add_leaves(nil, values or {}, out)
  return out
end

local function write_case(db, run, number, case)
  db:execute([[INSERT INTO cases (run, number, plan, name, file, round, status, reason, seconds, boot, attempts) VALUES
    (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]], run, number, case.plan, case.name, case.file, case.round, case.status,
    case.reason, tonumber(case.seconds) or 0, case.boot, case.attempts and #case.attempts or 1)
  local id = db:rows "SELECT last_insert_rowid() AS id"[1].id
  for name, part in pairs(PARTS) do
    local insert = ("INSERT INTO %s VALUES (?, ?%s)"):format(name, part[1]:gsub("[^,]+,?", ", ?"))
    for i, item in ipairs(case[name] or {}) do db:execute(insert, id, i, part[2](item)) end
  end
  for name, value in pairs(history_db.leaves(case.values)) do
    db:execute("INSERT INTO measured VALUES (?, ?, ?)", id, name, value)
  end
end

-- False where another process has written it meanwhile.
local function write_run(db, id, run)
  if db:execute("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?)", id, run.started or id, run.seconds,
    run.is_killed == true) == 0 then return false end
  write_versions(db, id, run)
  for i, case in ipairs(run.cases) do write_case(db, id, i, case) end
  return true
end

local function add(self, id)
  local run, why = run_store.read(("%s/%s"):format(self.base, id))
  if not run then return nil, why end
  local is_new
  self.db:transaction(function() is_new = write_run(self.db, id, run) end)
  return is_new
end

local function unknown(self)
  local known, out = {}, {}
  for _, row in ipairs(self.db:rows "SELECT run FROM runs") do known[row.run] = true end
  for _, id in ipairs(run_store.list(self.base)) do
    if not known[id] and not run_store.is_running(("%s/%s"):format(self.base, id)) then out[#out + 1] = id end
  end
  return out
end

--- Adds finished runs that are not in it yet, the newest first, for `seconds` at most (nil: all). Returns how many were
--- added, how many are left, and an array of errors of those that could not be read.
function HistoryDb:update(seconds)
  local ids, errors, added = unknown(self), {}, 0
  local over = engine.now() + (seconds or math.huge)
  for i = #ids, 1, -1 do
    if engine.now() >= over then return added, i, errors end
    local is_new, why = add(self, ids[i])
    if why then errors[#errors + 1] = why end
    added = added + (is_new and 1 or 0)
  end
  return added, 0, errors
end

--- Reads all folders anew; runs whose folders were removed stay as they are. Returns as HistoryDb:update.
function HistoryDb:rebuild()
  local present = run_store.list(self.base)
  self.db:transaction(function()
    for _, id in ipairs(present) do self.db:execute("DELETE FROM runs WHERE run = ?", id) end
  end)
  return self:update()
end

-- ---- reading ----

-- The newest run first. By length, so that run -10 of a second is newer than run -2.
local NEWEST_FIRST = " ORDER BY substr(run, 1, 16) DESC, length(run) DESC, run DESC, number DESC"

--- All cases: array of { plan, name }, sorted.
function HistoryDb:cases()
  return self.db:rows "SELECT DISTINCT plan, name FROM cases ORDER BY plan, name"
end

--- The newest `count` verdicts of a case, up to the run `last` (nil: the newest), the oldest first: array of { id, run,
--- combination (product.place's, or nil), started, status, reason, seconds, boot, round, attempts, file }.
function HistoryDb:verdicts(plan, name, count, last)
  local rows = self.db:rows([[SELECT cases.id AS id, run, started, status, reason, cases.seconds AS seconds, boot,
    round, attempts, file, (SELECT value FROM versions WHERE versions.run = cases.run AND versions.name = 'combination')
    AS combination FROM cases JOIN runs USING (run) WHERE plan = ? AND name = ? AND (? IS NULL
    OR (substr(run, 1, 16), length(run), run) <= (substr(?, 1, 16), length(?), ?))]] .. NEWEST_FIRST .. " LIMIT ?",
    plan, name, last, last, last, last, count)
  local out = {}
  for i = #rows, 1, -1 do out[#out + 1] = rows[i] end
  return out
end

--- The measured values of the case of a verdict (its id): array of { name, value }, sorted.
function HistoryDb:values(id)
  return self.db:rows('SELECT name, value FROM measured WHERE "case" = ? ORDER BY name', id)
end

-- Adds a case's parts, named as in results.json.
local function add_parts(db, row)
  row.checks = db:rows([[SELECT what, ok, got, expected, place AS "where", t FROM checks WHERE "case" = ?
    ORDER BY number]], row.id)
  for _, check in ipairs(row.checks) do check.ok = check.ok == 1 end
  row.phases = db:rows('SELECT name, start, seconds FROM phases WHERE "case" = ? ORDER BY number', row.id)
  row.values = {}
  for _, one in ipairs(db:rows('SELECT name, value FROM measured WHERE "case" = ?', row.id)) do
    row.values[one.name] = one.value
  end
end

--- A run in the form of results.json, as far as it is stored; values are flat. Nil: there is none of that name.
function HistoryDb:run(id)
  local run = self.db:rows("SELECT run AS id, started, seconds FROM runs WHERE run = ?", id)[1]
  if not run then return nil end
  run.host, run.cases = {}, self.db:rows("SELECT * FROM cases WHERE run = ? ORDER BY number", id)
  for _, one in ipairs(self.db:rows("SELECT name, value FROM versions WHERE run = ?", id)) do
    local of_host = one.name:match "^host%.(.*)$"
    if of_host then run.host[of_host] = one.value else run[one.name] = one.value end
  end
  for _, row in ipairs(run.cases) do add_parts(self.db, row) end
  return run
end

-- Runs before the first that is returned, for its baseline.
local BEFORE = 60

--- How a case went: as HistoryDb:verdicts, each with `baseline` (duration_stats.baseline, or nil) and is_slower.
function HistoryDb:history(plan, name, count, last)
  local rows, out = self:verdicts(plan, name, count + BEFORE, last), {}
  for i = math.max(1, #rows - count + 1), #rows do
    local row = rows[i]
    row.baseline = duration_stats.baseline(rows, i)
    row.is_slower = row.status == "PASS" and duration_stats.is_slower(row.seconds, row.baseline)
    out[#out + 1] = row
  end
  return out
end

--- How long the next run of a case may take (duration_stats.expect); nil where that is not known.
function HistoryDb:expect(plan, name) return duration_stats.expect(self:verdicts(plan, name, BEFORE)) end

return history_db
