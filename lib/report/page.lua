--- page: report.html, a run on one page, in one file that a browser opens from disk. lib/report/page/ has its template.
--- The page contains the files of the run's folder; its script interprets them.
---
--- Program output is text there: bytes as code points in JSON, without a "<" that could end the element. A random nonce
--- (Content-Security-Policy) allows our script and no other.

local artifacts = require "case.artifacts"
local case_table = require "results.case_table"
local consoles = require "case.consoles"
local engine = require "engine"
local encoding = require "base.encoding"
local json = require "base.json"
local product = require "results.product"
local run_facts = require "results.run_facts"
local run_folder = require "results.run_folder"
local run_store = require "results.run_store"
local paths = require "base.paths"
local random = require "base.random"
local rooms = require "base.rooms"
local verdicts = require "base.verdicts"

local page = {}

-- Bytes: the last ones of a transcript, the first ones of the timeline, and all files of cases together.
local TRANSCRIPT, TIMELINE, ALL = 8 * 2 ^ 20, 32 * 2 ^ 20, 64 * 2 ^ 20
-- The largest picture that is shown, and the first bytes of a text.
local ARTIFACT, TEXT = 4 * 2 ^ 20, 2 ^ 18

local SCRIPTS = { "view", "words", "recording", "list", "lanes", "charts", "histories", "phases", "checks", "retries",
  "evidence", "failure", "artifacts", "casepage", "combinations", "page" }

local function template(name)
  return assert(paths.read(("%sreport/page/%s"):format(rooms.FOLDER, name)))
end

-- The style sheet's variables for a terminal's colours.
local COLOURS = { green = "good", red = "bad", magenta = "odd", yellow = "warn" }

-- A class for each verdict.
local function verdict_styles()
  local out = {}
  for i, verdict in ipairs(verdicts.LIST) do
    out[i] = (".%s { color: var(--%s); }\n"):format(verdict.name, COLOURS[verdict.colour])
  end
  return table.concat(out)
end

-- uPlot, which `make` fetches: beside this program or where it was installed; nil if there is none.
local function chart_files()
  local folder = engine.fs.realpath("/proc/self/exe"):match "^(.*)/"
  for _, place in ipairs { folder .. "/charts", folder .. "/../lib/moonrig/charts" } do
    local script, style = paths.read(place .. "/uPlot.iife.min.js"), paths.read(place .. "/uPlot.min.css")
    if script and style then return script, style, paths.read(place .. "/LICENSE") or "" end
  end
end

-- The parts that all pages share, as arrays of texts. A page is only joined as it is written, to save memory.
local function read_parts()
  local script, style, licence = chart_files()
  local own = {}
  for i, name in ipairs(SCRIPTS) do own[i] = template(name .. ".js") end
  return { html = template "report.html", css = { template "report.css", verdict_styles(), style }, script = own,
    charts = script and { "/*\n", licence, "\n*/\n", script, "</script>" } or {} }
end

local prepared

--- Reads the shared parts for the next page ahead of time, while the run has nothing else to do.
function page.prepare()
  prepared = read_parts()
end

local Page = {}
Page.__index = Page

-- Adds a block of data to the page; returns its id.
function Page:block(kind, text, id)
  local n = #self.blocks
  id = id or "d" .. n
  self.blocks[n + 1], self.blocks[n + 2] = ('<script type="%s" id="%s">'):format(kind, id), text
  self.blocks[n + 3] = "</script>\n"
  return id
end

-- `folder`: the name of the case's; nil for the run's.
function Page:transcript(folder, path)
  local name = path:match "([^/]+)%.log$"
  local text, from, size = paths.read_part(path, math.min(TRANSCRIPT, self.left))
  if not text then return end
  self.left = self.left - #text
  self.files[#self.files + 1] = { folder = folder, console = name, from = from,
    block = self:block("application/json", json.bytes(text)),
    note = from > 0 and ("%s.log: this page has the last %d of %d bytes."):format(name, #text, size) or nil }
end

local PNG = "\137PNG\r\n\26\n"

-- Text has no control characters but these.
local function is_text(bytes) return not bytes:find "[%z\1-\8\14-\26\28-\31\127]" end

-- How a file is shown, and the bytes for it; nil: only linked.
local function shown(path, size, left)
  local most = math.min(ARTIFACT, left)
  local bytes = paths.read_part(path, most, true)
  if not bytes or bytes == "" then return nil end
  if bytes:sub(1, #PNG) == PNG then return size <= most and "png" or nil, bytes end
  if is_text(bytes) then return "text", #bytes <= TEXT and bytes or bytes:sub(1, TEXT) end
end

local function percent(path)
  return (path:gsub("[^%w/._-]", function(c) return ("%%%02X"):format(c:byte()) end))
end

-- Adds the case's own files (t:dir).
function Page:artifacts(folder)
  local name = folder:match "[^/]+$"
  for _, one in ipairs(artifacts.list(folder)) do
    local file = artifacts.path(one.name)
    local kind, bytes = shown(("%s/%s"):format(folder, file), one.size, self.left)
    if kind then self.left = self.left - #bytes end
    self.files[#self.files + 1] = { folder = name, artifact = encoding.scrub(one.name), size = one.size, kind = kind,
      href = percent(("%s/%s"):format(name, file)), cut = kind and #bytes < one.size and #bytes or nil,
      block = kind and self:block("application/json", json.bytes(bytes)) or nil }
  end
end

-- The scenario as it ran: its file may have changed since.
local function source_of(folder, file)
  local head = run_store.case_facts(folder)
  local source = head and head.source
  if type(source) == "table" and type(source.text) == "string" then return source.text end
  return type(file) == "string" and paths.read(file) or nil
end

-- Adds the transcripts, the files and the source from a folder of a case.
function Page:folder(folder, file)
  local name = folder:match "[^/]+$"
  for _, log in ipairs(consoles.transcripts(folder)) do self:transcript(name, ("%s/%s"):format(folder, log)) end
  self:artifacts(folder)
  local source = source_of(folder, file)
  if not source then return end
  local text = engine.json.encode(encoding.scrub(source))
  self.files[#self.files + 1] = { folder = name, source = self:block("application/json", json.in_script(text)) }
end

function Page:case(case, folder)
  local own = run_folder.folder(case, folder)
  if not own then return end
  self:folder(own, case.file)
  for _, one in ipairs(case.attempts or {}) do
    local other = run_folder.folder(one, folder)
    if other and other ~= own then
      self:folder(other, case.file)
      -- results.json has only the verdict of an earlier attempt
      local text, key = paths.read(other .. "/result.json"), engine.json.encode(encoding.scrub(other:match "[^/]+$"))
      if text and engine.json.decode(text) then self.attempts[#self.attempts + 1] = ("%s:%s"):format(key, text) end
    end
  end
end

-- A case's page: in this report, or in that of a run beside it, so that the folder of results can be moved.
local function link(id, own, number)
  return ("%s#case=%d"):format(id == own and "" or ("../%s/%s"):format(id, run_store.PAGE), number)
end

local function cells_of(row, ids, own, count)
  local cells = {}
  for i = 1, count do
    local cell = row.cells[i]
    cells[i] = cell and { status = cell.status, href = link(ids[i], own, cell.number) } or false
  end
  return cells
end

-- The verdicts of the run's product: { columns = { { facts, is_own, is_missing } }, rows = { { name, cells = array of {
-- status, href } or false } } }; false for a run of its own.
local function combinations_of(run, folder)
  local runs, ids = product.runs(run, folder)
  if not runs then return false end
  local own, out = folder:match "[^/]+$", { columns = {}, rows = engine.json.array {} }
  for i, facts in ipairs(run_facts.of(runs, run_facts.ALWAYS)) do
    out.columns[i] = { facts = engine.json.array(facts), is_own = ids[i] == own, is_missing = ids[i] == nil }
  end
  for i, row in ipairs(case_table.rows(runs)) do
    out.rows[i] = { name = row.name, cells = cells_of(row, ids, own, #runs) }
  end
  return out
end

local HTML = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

local function blocks_of(run, folder, results, histories)
  local self = setmetatable({ blocks = {}, files = {}, attempts = {}, left = ALL }, Page)
  local timeline = paths.read_part(folder .. "/timeline.jsonl", TIMELINE, true) or ""
  self:block("application/json", json.in_script(results), "run")
  self:block("application/json", json.in_script(engine.json.encode(verdicts.LIST)), "verdicts")
  self:block("text/plain", json.in_script(encoding.scrub(timeline)), "timeline")
  self:block("application/json", json.in_script(json.encode(combinations_of(run, folder))), "combinations")
  for _, case in ipairs(run.cases) do self:case(case, folder) end
  -- the workers' own consoles, with the output of scenarios
  for _, name in ipairs(consoles.transcripts(folder)) do self:transcript(nil, ("%s/%s"):format(folder, name)) end
  self:block("application/json", json.in_script(engine.json.encode(engine.json.array(self.files))), "files")
  self:block("application/json", json.in_script(engine.json.encode(histories or {})), "histories")
  self:block("application/json", json.in_script(("{%s}"):format(table.concat(self.attempts, ","))), "attempts")
  return self.blocks
end

local function texts_of(run, folder, results, histories)
  local out = {}
  local data = blocks_of(run, folder, results, histories)
  local nonce, parts = random.hex(), prepared or read_parts()
  -- used once: the files may have changed before the next page
  prepared = nil
  local element = ('<script nonce="%s">'):format(nonce)
  local fields = { nonce = { nonce }, title = { (tostring(run.id or folder):gsub('[&<>"]', HTML)) },
    charts = { parts.charts[1] and element, unpack(parts.charts) }, css = parts.css, script = parts.script,
    data = data }
  local from = 1
  for before, name, after in parts.html:gmatch "(.-){{(%l+)}}()" do
    out[#out + 1], from = before, after
    for _, words in ipairs(fields[name]) do out[#out + 1] = words end
  end
  out[#out + 1] = parts.html:sub(from)
  return out
end

--- The page of a run in a folder. `results`: the text of results.json; `histories`: case_history.of's, or nil.
function page.text(run, folder, results, histories)
  return table.concat(texts_of(run, folder, results, histories))
end

--- Writes the page into the run's folder, or into `file`; returns its path.
function page.write(run, folder, histories, file)
  local results = paths.read(("%s/%s"):format(folder, run_store.RESULTS)) or engine.json.encode(run)
  local path = file or ("%s/%s"):format(folder, run_store.PAGE)
  paths.write(path, texts_of(run, folder, results, histories))
  return path
end

return page
