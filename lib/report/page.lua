--- page: report.html, a run on one page: a file by itself, that a browser opens from disk. Its template is in
--- lib/report/; the record is in it as it lies in the run's folder, and the page's script makes sense of it.
---
--- What programs said is text there: bytes as code points in JSON, without a "<" that could end the element it is in;
--- the page runs no script but ours, which has a number that nothing recorded can know (its Content-Security-Policy).

local engine = require "engine"
local encoding = require "base.encoding"
local json = require "base.json"
local run_folder = require "results.run_folder"
local run_store = require "results.run_store"
local paths = require "base.paths"
local random = require "base.random"
local rooms = require "base.rooms"
local verdicts = require "base.verdicts"

local page = {}

page.NAME = "report.html"

-- Of a transcript the last so many bytes, of the timeline the first; of all together.
local TRANSCRIPT, TIMELINE, ALL = 8 * 2 ^ 20, 32 * 2 ^ 20, 64 * 2 ^ 20

local STYLES, SCRIPTS = { "report.css" },
  { "view.js", "words.js", "recording.js", "list.js", "lanes.js", "charts.js", "trends.js", "phases.js", "checks.js",
    "tries.js", "voices.js", "failure.js", "casepage.js", "page.js" }

local function template(name)
  return assert(paths.read(("%sreport/page/%s"):format(rooms.FOLDER, name)))
end

local function templates(names)
  local out = {}
  for _, name in ipairs(names) do
    out[#out + 1] = template(name)
    out[#out + 1] = "\n"
  end
  return out
end

-- A terminal's colours are these variables of the style sheet.
local COLOURS = { green = "good", red = "bad", magenta = "odd", yellow = "warn" }

-- Each verdict's class.
local function verdict_styles()
  local out = {}
  for i, verdict in ipairs(verdicts.LIST) do
    out[i] = (".%s { color: var(--%s); }\n"):format(verdict.name, COLOURS[verdict.colour])
  end
  return table.concat(out)
end

-- uPlot, which `make` fetches: beside this program, or where it was installed. Nil without.
local function chart_files()
  local folder = engine.fs.realpath("/proc/self/exe"):match "^(.*)/"
  for _, place in ipairs { folder .. "/charts", folder .. "/../lib/moonrig/charts" } do
    local script, style = paths.read(place .. "/uPlot.iife.min.js"), paths.read(place .. "/uPlot.min.css")
    if script and style then return script, style, paths.read(place .. "/LICENSE") or "" end
  end
end

-- What is the same on all pages, each an array of texts: a page is put together on its way to the disk, and there is
-- no copy of it here.
local function read_parts()
  local script, style, licence = chart_files()
  local css = templates(STYLES)
  css[#css + 1] = verdict_styles()
  css[#css + 1] = style
  return { html = template "report.html", css = css, script = templates(SCRIPTS),
    charts = script and { "/*\n", licence, "\n*/\n", script, "</script>" } or {} }
end

local prepared

--- Reads ahead what the next page takes that no run tells: for a moment in which there is nothing else to do.
function page.prepare()
  prepared = read_parts()
end

-- Of a file at most `most` bytes: its last ones, or its first; how many come before them; its size.
local function part_of(path, most, is_head)
  local f = io.open(path, "rb")
  if not f then return nil end
  local size = f:seek "end" or 0
  local from = is_head and 0 or math.max(0, size - most)
  f:seek("set", from)
  local text = f:read(math.min(most, size)) or ""
  f:close()
  return text, from, size
end

local Page = {}
Page.__index = Page

-- A block of data of the page; its id.
function Page:block(kind, text, id)
  self.n = self.n + 1
  id = id or "d" .. self.n
  for _, words in ipairs { ('<script type="%s" id="%s">'):format(kind, id), text, "</script>\n" } do
    self.blocks[#self.blocks + 1] = words
  end
  return id
end

-- `folder`: the case's, by its name; nil for the run's own.
function Page:transcript(folder, path)
  local name = path:match "([^/]+)%.log$"
  local text, from, size = part_of(path, math.min(TRANSCRIPT, self.left))
  if not text then return end
  self.left = self.left - #text
  local file = { folder = folder, console = name, from = from,
    block = self:block("application/json", json.bytes(text)) }
  if from > 0 then
    file.note = ("Of %s.log the last %d of %d bytes are here."):format(name, #text, size)
  end
  self.files[#self.files + 1] = file
end

local function logs_in(folder)
  local names = {}
  for _, name in ipairs(engine.fs.list(folder) or {}) do
    if name:find "%.log$" then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

-- The scenario as it ran: its file may be another by now.
local function source_of(folder, file)
  local f = io.open(folder .. "/recording.jsonl", "rb")
  local head = f and f:read "*l"
  if f then f:close() end
  local line = head and engine.json.decode(head)
  local told = type(line) == "table" and type(line.head) == "table" and line.head[1]
  local source = type(told) == "table" and told.source
  if type(source) == "table" and type(source.text) == "string" then return source.text end
  return type(file) == "string" and paths.read(file) or nil
end

-- What a folder of a case's has: its transcripts, and its source.
function Page:record(folder, file)
  local name = folder:match "[^/]+$"
  for _, log in ipairs(logs_in(folder)) do self:transcript(name, ("%s/%s"):format(folder, log)) end
  local source = source_of(folder, file)
  if not source then return end
  local text = engine.json.encode(encoding.scrub(source))
  self.files[#self.files + 1] = { folder = name, source = self:block("application/json", json.in_script(text)) }
end

function Page:case(case, folder)
  local own = run_folder.folder(case, folder)
  if not own then return end
  self:record(own, case.file)
  for _, one in ipairs(case.tries or {}) do
    local other = run_folder.folder(one, folder)
    if other and other ~= own then
      self:record(other, case.file)
      -- results.json has of another try its verdict; its worker left the rest
      local text = paths.read(other .. "/result.json")
      if text and engine.json.decode(text) then
        self.tries[#self.tries + 1] = { other:match "[^/]+$", text }
      end
    end
  end
end

local HTML = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

-- The data of a run's page: an array of texts.
local function blocks_of(run, folder, results, trends)
  local self = setmetatable({ n = 0, blocks = {}, files = {}, tries = {}, left = ALL }, Page)
  local timeline = part_of(folder .. "/timeline.jsonl", TIMELINE, true) or ""
  self:block("application/json", json.in_script(results), "run")
  self:block("application/json", json.in_script(engine.json.encode(verdicts.LIST)), "verdicts")
  self:block("text/plain", json.in_script(encoding.scrub(timeline)), "timeline")
  for _, case in ipairs(run.cases) do self:case(case, folder) end
  -- what scenarios printed themselves; with the events, which the page leaves out
  for _, name in ipairs(logs_in(folder)) do self:transcript(nil, ("%s/%s"):format(folder, name)) end
  self:block("application/json", json.in_script(engine.json.encode(engine.json.array(self.files))), "files")
  self:block("application/json", json.in_script(engine.json.encode(trends or {})), "trends")
  self:block("application/json", json.in_script(json.object(self.tries)), "tries")
  return self.blocks
end

-- The page as an array of texts.
local function texts_of(run, folder, results, trends)
  local out = {}
  local data = blocks_of(run, folder, results, trends)
  local nonce, parts = random.hex(), prepared or read_parts()
  -- of one page: the next one's files may be others by then
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

--- The page of a run in a folder, whose results.json says `results`; with course.of's `trends`, where there are some.
function page.text(run, folder, results, trends)
  return table.concat(texts_of(run, folder, results, trends))
end

--- Writes it into the run's folder, or into a file; its path.
function page.write(run, folder, trends, file)
  local results = paths.read(("%s/%s"):format(folder, run_store.RESULTS)) or engine.json.encode(run)
  local path = file or ("%s/%s"):format(folder, page.NAME)
  paths.write(path, texts_of(run, folder, results, trends))
  return path
end

return page
