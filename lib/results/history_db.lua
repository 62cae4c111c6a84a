--- history_db: what all runs of a folder told, in its history.db: runs, versions, cases, checks, phases, values.
---
--- It is an index: a run writes nothing into it, and who asks adds the folders that it does not know yet, each in a
--- transaction of its own. So runs at once and killed ones cannot harm it, and a run takes no longer for it. What was
--- removed of the folders stays in it.

local database = require "base.database"
local engine = require "engine"
local fail = require "base.fail"
local run_store = require "results.run_store"
local show = require "base.show"
local duration_stats = require "results.duration_stats"

local history_db = {}

local Ledger = {}
Ledger.__index = Ledger

history_db.NAME = "history.db"

local VERSION = 1

local SCHEMA = {
  [[CREATE TABLE runs (run TEXT PRIMARY KEY, started TEXT, seconds REAL, is_killed INTEGER NOT NULL)]],
  [[CREATE TABLE versions (run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, name TEXT NOT NULL, value TEXT,
    PRIMARY KEY (run, name))]],
  [[CREATE TABLE cases (id INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, number INTEGER NOT
    NULL, plan TEXT NOT NULL, name TEXT NOT NULL, file TEXT, round INTEGER, status TEXT NOT NULL, reason TEXT, seconds
    REAL NOT NULL, boot TEXT, tries INTEGER NOT NULL)]],
  [[CREATE INDEX cases_by_name ON cases (plan, name, id)]],
  [[CREATE INDEX cases_by_run ON cases (run)]],
  [[CREATE TABLE checks ("case" INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE, number INTEGER NOT NULL, what TEXT,
    ok INTEGER NOT NULL, got TEXT, expected TEXT, place TEXT, t REAL, PRIMARY KEY ("case", number)) WITHOUT ROWID]],
  [[CREATE TABLE phases ("case" INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE, number INTEGER NOT NULL, name TEXT,
    start REAL, seconds REAL, is_part INTEGER NOT NULL, PRIMARY KEY ("case", number)) WITHOUT ROWID]],
  [[CREATE TABLE measured ("case" INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE, name TEXT NOT NULL, value,
    PRIMARY KEY ("case", name)) WITHOUT ROWID]],
  [[CREATE TABLE cells ("case" INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE, number INTEGER NOT NULL, name TEXT,
    status TEXT NOT NULL, reason TEXT, seconds REAL, PRIMARY KEY ("case", number)) WITHOUT ROWID]],
  [[CREATE TABLE programs ("case" INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE, number INTEGER NOT NULL, name
    TEXT, program TEXT, version TEXT, sha256 TEXT, PRIMARY KEY ("case", number)) WITHOUT ROWID]],
  ("PRAGMA user_version = %d"):format(VERSION),
}

-- ---- the file ----

local REMEDY = "; `moonrig history --rebuild` makes it anew out of the runs' folders"

local function version_of(db)
  return tonumber(db:rows "PRAGMA user_version"[1].user_version)
end

local function make_tables(db)
  if version_of(db) ~= 0 then return end
  db:transaction(function()
    -- another may have been first
    if version_of(db) ~= 0 then return end
    for _, statement in ipairs(SCHEMA) do db:execute(statement) end
  end)
end

local function open(path)
  local db = database.open(path)
  local ok, err = pcall(make_tables, db)
  local version = ok and version_of(db)
  if version == VERSION then return db end
  db:close()
  if not ok then error(err, 0) end
  fail.raise("EBADMSG", "history", ("%s: its tables are version %d, this moonrig's %d"):format(path, version, VERSION))
end

-- Who turns a file to WAL or takes up what a killed one left has it alone, and SQLite waits for him nowhere else.
local OPEN_SECONDS, AGAIN_SECONDS = 10, 0.01

local function open_in_time(path)
  local deadline = engine.now() + OPEN_SECONDS
  while true do
    local ok, db = pcall(open, path)
    if ok or fail.code(db) ~= "EBUSY" or engine.now() >= deadline then return ok, db end
    fail.check(engine.elapse(AGAIN_SECONDS))
  end
end

--- The ledger of the folder `base`. Raises, with the remedy, where it cannot be read: EBADMSG for a file that is
--- damaged, ENOPKG where SQLite is missing.
function history_db.open(base)
  if not engine.fs.stat(base) then
    fail.raise("USAGE", "history", ("there are no results in %s yet"):format(base))
  end
  local path = ("%s/%s"):format(base, history_db.NAME)
  local ok, db = open_in_time(path)
  if ok then return setmetatable({ base = base, db = db }, Ledger) end
  if fail.code(db) ~= "EBADMSG" then error(db, 0) end
  fail.raise("EBADMSG", "history", db.what .. REMEDY)
end

--- Removes a ledger that cannot be read.
function history_db.discard(base)
  for _, suffix in ipairs { "", "-wal", "-shm" } do os.remove(("%s/%s%s"):format(base, history_db.NAME, suffix)) end
end

--- May be called twice.
function Ledger:close() self.db:close() end

-- ---- what is written ----

--- What of a run says with what it was run, and is not the host.
history_db.VERSIONS = { "moonrig", "dpdk", "qemu", "image", "kernel", "guest_kernel", "luajit", "accelerator" }

local function write_versions(db, id, run)
  local function add(name, value)
    if value ~= nil then db:execute("INSERT INTO versions VALUES (?, ?, ?)", id, name, tostring(value)) end
  end
  for _, name in ipairs(history_db.VERSIONS) do add(name, run[name]) end
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

--- A case's values, numbers and texts: { a = { b = 1 } } is { ["a.b"] = 1 }.
function history_db.leaves(values)
  local out = {}
  add_leaves(nil, values or {}, out)
  return out
end

-- What was got and expected is told in words.
local function words(value)
  if value == nil then return nil end
  return type(value) == "string" and value or show.value(value)
end

local PARTS = {
  checks = function(db, id, i, c)
    db:execute("INSERT INTO checks VALUES (?, ?, ?, ?, ?, ?, ?, ?)", id, i, c.what, c.ok == true, words(c.got),
      words(c.expected), c.where, c.t)
  end,
  phases = function(db, id, i, p)
    db:execute("INSERT INTO phases VALUES (?, ?, ?, ?, ?, ?)", id, i, p.name, p.start, p.seconds, p.part == true)
  end,
  cells = function(db, id, i, c)
    db:execute("INSERT INTO cells VALUES (?, ?, ?, ?, ?, ?)", id, i, c.name, c.status, c.reason, c.seconds)
  end,
  programs = function(db, id, i, p)
    db:execute("INSERT INTO programs VALUES (?, ?, ?, ?, ?, ?)", id, i, p.name, p.program, p.version, p.sha256)
  end,
}

local function write_case(db, run, number, case)
  db:execute([[INSERT INTO cases (run, number, plan, name, file, round, status, reason, seconds, boot, tries) VALUES
    (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]], run, number, case.plan, case.name, case.file, case.round, case.status,
    case.reason, tonumber(case.seconds) or 0, case.boot, case.tries and #case.tries or 1)
  local id = db:rows "SELECT last_insert_rowid() AS id"[1].id
  for name, write in pairs(PARTS) do
    for i, part in ipairs(case[name] or {}) do write(db, id, i, part) end
  end
  for name, value in pairs(history_db.leaves(case.values)) do
    db:execute("INSERT INTO measured VALUES (?, ?, ?)", id, name, value)
  end
end

-- Another process may have written it meanwhile.
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
    if not known[id] and not run_store.is_under_way(("%s/%s"):format(self.base, id)) then out[#out + 1] = id end
  end
  return out
end

--- Adds the runs that are over and not in it yet, the newest first; within `seconds`, where given. Returns how many
--- were added, how many are left, and an array of why others could not be read.
function Ledger:update(seconds)
  local ids, troubles, added = unknown(self), {}, 0
  local over = engine.now() + (seconds or math.huge)
  for i = #ids, 1, -1 do
    if engine.now() >= over then return added, i, troubles end
    local is_new, why = add(self, ids[i])
    if why then troubles[#troubles + 1] = why end
    added = added + (is_new and 1 or 0)
  end
  return added, 0, troubles
end

--- Reads all folders anew; runs whose folders are gone stay as they are. As Ledger:update.
function Ledger:rebuild()
  local present = run_store.list(self.base)
  self.db:transaction(function()
    for _, id in ipairs(present) do self.db:execute("DELETE FROM runs WHERE run = ?", id) end
  end)
  return self:update()
end

-- ---- what is asked ----

-- Rows in the order of their runs: -10 of a second is behind -2.
local IN_ORDER = "substr(run, 1, 16) %s, length(run) %s, run %s, number %s"

local function in_order(way)
  return (IN_ORDER:gsub("%%s", way))
end

--- The cases it knows: array of { plan, name }, by their names.
function Ledger:cases()
  return self.db:rows "SELECT DISTINCT plan, name FROM cases ORDER BY plan, name"
end

--- The newest `count` verdicts of a case, the oldest first: array of { id, run, started, status, reason, seconds,
--- boot, round, tries, file }; where `last` (a run) is given, of runs up to that one.
function Ledger:verdicts(plan, name, count, last)
  local rows = self.db:rows([[SELECT cases.id AS id, run, started, status, reason, cases.seconds AS seconds, boot,
    round, tries, file FROM cases JOIN runs USING (run) WHERE plan = ? AND name = ? AND (? IS NULL
    OR (substr(run, 1, 16), length(run), run) <= (substr(?, 1, 16), length(?), ?)) ORDER BY ]] .. in_order "DESC"
    .. " LIMIT ?", plan, name, last, last, last, last, count)
  local out = {}
  for i = #rows, 1, -1 do out[#out + 1] = rows[i] end
  return out
end

--- The measured values of a verdict's case: array of { name, value }, by their names.
function Ledger:values(id)
  return self.db:rows('SELECT name, value FROM measured WHERE "case" = ? ORDER BY name', id)
end

-- Parts of a case as a run's results have them.
local function case_of(db, row)
  row.checks = db:rows([[SELECT what, ok, got, expected, place AS "where", t FROM checks WHERE "case" = ?
    ORDER BY number]], row.id)
  for _, check in ipairs(row.checks) do check.ok = check.ok == 1 end
  row.phases = db:rows('SELECT name, start, seconds FROM phases WHERE "case" = ? ORDER BY number', row.id)
  row.values = {}
  for _, one in ipairs(db:rows('SELECT name, value FROM measured WHERE "case" = ?', row.id)) do
    row.values[one.name] = one.value
  end
  return row
end

--- A run as its results told it, in as far as it is known here; values as they are in `measured`. Nil where there is
--- none of that name.
function Ledger:run(id)
  local run = self.db:rows("SELECT run AS id, started, seconds FROM runs WHERE run = ?", id)[1]
  if not run then return nil end
  run.host, run.cases = {}, self.db:rows("SELECT * FROM cases WHERE run = ? ORDER BY number", id)
  for _, one in ipairs(self.db:rows("SELECT name, value FROM versions WHERE run = ?", id)) do
    local of_host = one.name:match "^host%.(.*)$"
    if of_host then run.host[of_host] = one.value else run[one.name] = one.value end
  end
  for _, row in ipairs(run.cases) do case_of(self.db, row) end
  return run
end

-- Enough before the first that is shown to tell what was usual then.
local BEFORE = 60

--- How a case went: Ledger:verdicts, each with `usual` (trend.usual's, nil where it cannot be told) and is_slower.
function Ledger:trend(plan, name, count, last)
  local rows, out = self:verdicts(plan, name, count + BEFORE, last), {}
  for i = math.max(1, #rows - count + 1), #rows do
    local row = rows[i]
    row.usual = duration_stats.usual(rows, i)
    row.is_slower = row.status == "PASS" and duration_stats.is_slower(row.seconds, row.usual)
    out[#out + 1] = row
  end
  return out
end

--- The same of the folder `base`, whatever is wrong with it: an empty array where there is no history, and why. Takes
--- up what is new for `seconds` at most (default: 1).
function history_db.trend(base, plan, name, count, seconds)
  local ok, book = pcall(history_db.open, base)
  if not ok then return {}, tostring(book) end
  local done, out = pcall(function()
    book:update(seconds or 1)
    return book:trend(plan, name, count or 20)
  end)
  book:close()
  if done then return out end
  return {}, tostring(out)
end

-- What a run on a terminal may take longer for it.
local GLANCE_SECONDS = 0.05

-- Calls fn(book, how many runs are not in it) with the ledger of `base` after a glance at what is new. Returns true and
-- what fn did; false, whatever is wrong with the history.
local function glance(base, fn)
  local ok, book = pcall(history_db.open, base)
  if not ok then return false end
  local done, out = pcall(function()
    local _, left = book:update(GLANCE_SECONDS)
    return fn(book, left)
  end)
  book:close()
  return done, out
end

--- How long a next run of a case may take (trend.expect), by the folder `base`. Returns true and that, nil where it is
--- not known; false where the history cannot be read, or took not up all runs yet.
function history_db.expect(base, plan, name)
  local is_current = false
  local ok, seconds = glance(base, function(book, left)
    is_current = left == 0
    return duration_stats.expect(book:verdicts(plan, name, BEFORE))
  end)
  return ok and is_current, seconds
end

--- The passes of a run that is over that came slower than usual: array of Ledger:trend's, with plan and name. An empty
--- one, whatever is wrong with the history.
function history_db.slower(run)
  local out = {}
  glance(run.folder:match "^(.*)/[^/]*$", function(book)
    for _, case in ipairs(run.cases) do
      for _, row in ipairs(book:trend(case.plan, case.name, #run.cases)) do
        local is_it = row.is_slower and row.run == run.id and row.round == case.round
        row.plan, row.name = case.plan, case.name
        if is_it then out[#out + 1] = row end
      end
    end
  end)
  return out
end

return history_db
