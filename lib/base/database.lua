--- database: an SQLite file that several processes may read and write at once.

local fail = require "base.fail"

local database = {}

local Database = {}
Database.__index = Database

-- The longest wait for a transaction of another process; one takes milliseconds.
local BUSY_MILLISECONDS = 10000

-- SQLite's messages for a file that is no database, or is damaged.
local DAMAGED = { "not a database", "malformed", "corrupt", "disk I/O error", "unsupported file format" }

local PACKAGE = "SQLite's module for Lua is missing: install Debian's package lua-sql-sqlite3 (%s)"

local function library()
  local ok, luasql = pcall(require, "luasql.sqlite3")
  if ok then return luasql end
  local why = tostring(luasql):match "[^\n]*%.so[^\n]*" or tostring(luasql):match "[^\n]+" or "no reason given"
  fail.raise("ENOPKG", "history", PACKAGE:format((why:gsub("^%s+", ""))))
end

local QUOTED = {
  ["nil"] = function() return "NULL" end,
  boolean = function(value) return value and "1" or "0" end,
  -- a statement ends at a NUL, and so does what the sqlite3 program shows: it is U+FFFD
  string = function(text) return "'" .. text:gsub("%z", "\239\191\189"):gsub("'", "''") .. "'" end,
  number = function(n)
    -- SQL has no word for nan and inf
    return n == n and math.abs(n) ~= math.huge and ("%.17g"):format(n) or ("'%s'"):format(n)
  end,
}

-- A statement with its `?` filled in. Only here values become SQL: Debian 12's LuaSQL 2.6 cannot bind them (no prepare,
-- no sqlite3_bind).
local function filled(sql, ...)
  local args, count, i = { ... }, select("#", ...), 0
  local out = sql:gsub("%?", function()
    i = i + 1
    local quoted = i <= count and QUOTED[type(args[i])]
    if quoted then return quoted(args[i]) end
    error(("database: value %d is missing or of a wrong type: %s"):format(i, sql), 0)
  end)
  if i ~= count then error(("database: %d values for %d places: %s"):format(count, i, sql), 0) end
  return out
end

local function raise(self, why)
  why = tostring(why):gsub("^LuaSQL: ", "")
  local code = "EIO"
  for _, words in ipairs(DAMAGED) do
    if why:find(words, 1, true) then code = "EBADMSG" end
  end
  if why:find("locked", 1, true) then code = "EBUSY" end
  fail.raise(code, "history", ("%s: %s"):format(self.path, why))
end

--- Opens a file, or makes it. Raises with EBADMSG for one that is no database, ENOPKG without SQLite.
function database.open(path)
  local env = library().sqlite3()
  local self = setmetatable({ path = path, env = env }, Database)
  local why
  self.connection, why = env:connect(path)
  local ok, err = pcall(function()
    if not self.connection then raise(self, why) end
    self:rows(("PRAGMA busy_timeout = %d"):format(BUSY_MILLISECONDS))
    -- a killed writer does no harm, and readers do not wait; after a power cut the run folders have the data
    self:rows "PRAGMA journal_mode = WAL"
    self:execute "PRAGMA synchronous = NORMAL"
    self:execute "PRAGMA foreign_keys = ON"
  end)
  if ok then return self end
  self:close()
  error(err, 0)
end

--- Runs a statement with values for its `?`. Returns the number of changed rows.
function Database:execute(sql, ...)
  local done, why = self.connection:execute(filled(sql, ...))
  if not done then raise(self, why) end
  if type(done) == "userdata" then done:close() end
  return done
end

--- Its rows, each a table by the columns' names.
function Database:rows(sql, ...)
  local cursor, why = self.connection:execute(filled(sql, ...))
  if not cursor then raise(self, why) end
  local out = {}
  if type(cursor) ~= "userdata" then return out end
  local row
  repeat
    row, why = cursor:fetch({}, "a")
    out[#out + 1] = row
  until not row
  cursor:close()
  if why then raise(self, why) end
  return out
end

--- Calls fn in a transaction: all of it is stored, or nothing.
function Database:transaction(fn, ...)
  self:execute "BEGIN IMMEDIATE"
  local ok, err = pcall(fn, ...)
  if not ok then
    pcall(self.execute, self, "ROLLBACK")
    error(err, 0)
  end
  self:execute "COMMIT"
end

--- May be called twice.
function Database:close()
  if self.connection then self.connection:close() end
  if self.env then self.env:close() end
  self.connection, self.env = nil, nil
end

return database
