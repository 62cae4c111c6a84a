--- database: an SQLite file, that several processes may read and write at once.

local fail = require "base.fail"

local database = {}

local Database = {}
Database.__index = Database

-- Another's transaction is waited for that long; it takes milliseconds.
local BUSY_MILLISECONDS = 10000

-- What SQLite says of a file that is none, or is damaged.
local DAMAGED = { "not a database", "malformed", "corrupt", "disk I/O error", "unsupported file format" }

local PACKAGE = "SQLite's module for Lua is not here: install Debian's package lua-sql-sqlite3 (%s)"

local function library()
  local ok, luasql = pcall(require, "luasql.sqlite3")
  if ok then return luasql end
  local why = tostring(luasql):match "[^\n]*%.so[^\n]*" or tostring(luasql):match "[^\n]+" or "no reason is told"
  fail.raise("ENOPKG", "history", PACKAGE:format((why:gsub("^%s+", ""))))
end

local function quoted(value)
  if value == nil then return "NULL" end
  local kind = type(value)
  if kind == "number" then
    -- SQL has no word for nan and inf
    return value == value and math.abs(value) ~= math.huge and ("%.17g"):format(value) or ("'%s'"):format(value)
  end
  if kind == "boolean" then return value and "1" or "0" end
  -- a statement ends at a NUL
  return "'" .. tostring(value):gsub("%z", "\239\191\189"):gsub("'", "''") .. "'"
end

-- A statement with its `?` filled in.
local function filled(sql, ...)
  local args, i = { ... }, 0
  return (sql:gsub("%?", function()
    i = i + 1
    return quoted(args[i])
  end))
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

--- Opens a file, makes it where there is none. Raises with EBADMSG for one that is no database, ENOPKG without SQLite.
function database.open(path)
  local env = library().sqlite3()
  local self = setmetatable({ path = path, env = env }, Database)
  local connection, why = env:connect(path)
  if not connection then
    env:close()
    raise(self, why)
  end
  self.connection = connection
  local ok, err = pcall(function()
    self:rows(("PRAGMA busy_timeout = %d"):format(BUSY_MILLISECONDS))
    -- a killed writer harms nobody, and a reader waits for none; what a power cut takes is in the folders
    self:rows "PRAGMA journal_mode = WAL"
    self:execute "PRAGMA synchronous = NORMAL"
    self:execute "PRAGMA foreign_keys = ON"
  end)
  if ok then return self end
  self:close()
  error(err, 0)
end

--- Runs a statement whose `?` are the values that follow; how many rows it changed.
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
  local ok, row = pcall(cursor.fetch, cursor, {}, "a")
  while ok and row do
    out[#out + 1] = row
    ok, row = pcall(cursor.fetch, cursor, {}, "a")
  end
  cursor:close()
  if not ok then raise(self, row) end
  return out
end

--- Calls fn in a transaction: all of it is there, or nothing. Nobody else writes meanwhile.
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
