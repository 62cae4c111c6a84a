-- documents: README and docs/ are complete, true and plain: links resolve, each document is linked and listed, each verb
-- and option that is written exists, docs/cli.md is made from the command line, sentences are short.

local engine = require "engine"

local docs_cli = dofile(engine.home() .. "/engine/tools/docs_cli.lua")
local documents = require "help.documents"
local help = require "help.help"
local man = dofile(engine.home() .. "/engine/tools/man.lua")
local moonrig = require "specs.moonrig"

local HOME = engine.home()
local MOST_LINES, MOST_WORDS, LONGEST = 120, 20, 40

-- Options in the documents that are another program's.
local OTHERS = { ["--lcores"] = true, ["--rxq-share"] = true, ["--vdev"] = true, ["-Z"] = true }

local function markdown_below(folder, out)
  for _, name in ipairs(engine.fs.list(HOME .. "/" .. folder) or {}) do
    local path = folder .. "/" .. name
    if engine.fs.stat(HOME .. "/" .. path).type == "dir" then markdown_below(path, out) end
    if name:find "%.md$" then out[#out + 1] = path end
  end
  return out
end

local FILES = markdown_below("docs", { "README.md" })
table.sort(FILES)

local function read(path) return moonrig.read(HOME .. "/" .. path) end

local function folder_of(path) return path:match "^(.*)/[^/]*$" or "." end

-- "docs/api/../cli.md" is "docs/cli.md".
local function joined(folder, link)
  local path = folder == "." and link or folder .. "/" .. link
  local count
  repeat
    path, count = path:gsub("[^/]+/%.%./", "", 1)
  until count == 0
  return path
end

-- The relative links of a text, without the place in the document.
local function links_of(text)
  local out = {}
  for link in text:gmatch "%]%(([^)]+)%)" do
    if not link:find "^%l+:" then out[#out + 1] = (link:gsub("#.*$", "")) end
  end
  return out
end

-- The pieces of code of a document: lines of blocks, and what stands between backticks.
local function code_of(text)
  local out = {}
  text = text:gsub("\n```%l*\n(.-)\n```", function(block)
    for line in block:gmatch "[^\n]+" do out[#out + 1] = line end
    return "\n"
  end)
  for line in text:gmatch "\n    ([^\n]+)" do out[#out + 1] = line end
  for span in text:gmatch "`([^`]+)`" do out[#out + 1] = span end
  return out
end

-- The sentences of a document's prose, each a number of words and its text.
local function sentences_of(text)
  local out = {}
  text = "\n" .. text:gsub("\n```.-\n```", "\n\n"):gsub("<!%-%-.-%-%->", "")
  local prose = {}
  for line in text:gmatch "([^\n]*)\n" do
    local is_left_out = line:find "^|" or line:find "^#" or line:find "^    "
    -- a point of a list is a paragraph of its own
    prose[#prose + 1] = is_left_out and "" or (line:gsub("^%s*[-%d]+%.? ", "\n"))
  end
  -- a piece of code or the shape of a table is a word, and a link is its text
  local plain = table.concat(prose, "\n"):gsub("%[([^%]]+)%]%([^)]+%)", "%1"):gsub("`[^`]+`", "code"):gsub("%b{}", "code")
  for paragraph in (plain .. "\n\n"):gmatch "(.-)\n%s*\n" do
    for sentence in (paragraph .. " "):gsub("%s+", " "):gmatch "(.-[.?!:]?)%f[%s]%s" do
      out.rest = (out.rest and out.rest .. " " or "") .. sentence
      if sentence:find "[.?!]$" then
        out[#out + 1] = out.rest
        out.rest = nil
      end
    end
    if out.rest and out.rest:find "%w" then out[#out + 1] = out.rest end
    out.rest = nil
  end
  return out
end

local function words_of(sentence) return select(2, sentence:gsub("%S*%w%S*", "")) end

local VERBS, ANY = {}, { ["--help"] = true, ["--version"] = true }
for _, verb in ipairs(man.verbs()) do
  VERBS[verb.name] = { ["--help"] = true }
  for _, option in ipairs(verb.options) do
    for _, name in ipairs(option.names) do VERBS[verb.name][name], ANY[name] = true, true end
  end
end

-- The mistake in a piece of code, as a command of moonrig's; nil without one. `has_others`: an option alone may be
-- another program's.
local function mistake_in(code, has_others)
  local option = code:match "^(%-%-?%a[%w-]*)%f[%s%z]"
  if option and not ANY[option] and not OTHERS[option] and not has_others then return option end
  local verb, rest = code:match "moonrig (%l+)(.*)$"
  if not verb or code:find "man moonrig" then return nil end
  if not VERBS[verb] then return "moonrig " .. verb end
  for word in rest:gsub("[|>;'].*", ""):gmatch "%f[%S](%-%-?%a[%w-]*)" do
    if not VERBS[verb][word] then return ("moonrig %s %s"):format(verb, word) end
  end
end

describe("the documents", function()
  it("link to files that are there", function()
    local count = 0
    for _, path in ipairs(FILES) do
      for _, link in ipairs(links_of(read(path))) do
        assert.is_truthy(engine.fs.stat(("%s/%s"):format(HOME, joined(folder_of(path), link))), path .. ": " .. link)
        count = count + 1
      end
    end
    assert.is_true(count > 10)
  end)

  it("are each linked from README, and listed and printed by `moonrig help`", function()
    local linked, listed = {}, {}
    for _, link in ipairs(links_of(read "README.md")) do linked[link] = true end
    for _, document in ipairs(documents.list()) do listed[document.name] = document end
    local usage = help.text(nil, "Usage: moonrig")
    local count = 0
    for _, path in ipairs(FILES) do
      local name = path:match "^docs/([^/]+)%.md$"
      if name then
        count = count + 1
        assert.is_true(linked[path], path .. " is not linked from README")
        assert.is_truthy(listed[name], path .. " is not listed in lib/help/documents.lua")
        assert.is_truthy(usage:find(listed[name].title, 1, true), name)
        assert.equal(read(path), help.text(name .. ".md") .. "\n")
      end
    end
    assert.equal(#documents.list(), count)
  end)

  it("of a verb has what scenarios have of its name, too", function()
    local console = help.text("console", "Usage: moonrig console\n")
    assert.matches("^Usage: moonrig console\n", console)
    assert.matches("\n\nconsole\n", console)
    assert.matches("\n  console:since%(mark%)\n", console)
    assert.matches("`moonrig help hotplug_mp:list`", help.text("list", "Usage: moonrig list"), 1, true)
    assert.matches("`moonrig help vm:run`", help.text("run", "Usage: moonrig run"), 1, true)
    assert.matches("help replay.md`.$", help.text("replay", "Usage: moonrig replay"))
    assert.equal("Usage: moonrig doctor", help.text("doctor", "Usage: moonrig doctor\n"))
  end)

  it("name verbs and options that exist", function()
    local commands = 0
    for _, path in ipairs(FILES) do
      for _, code in ipairs(code_of("\n" .. read(path))) do
        assert.is_nil(mistake_in(code, path:find "^docs/api/"), path .. ": " .. code)
        if code:find "moonrig %l" then commands = commands + 1 end
      end
    end
    assert.is_true(commands > 50)
  end)

  it("have short sentences", function()
    local all = 0
    for _, path in ipairs(FILES) do
      local sentences, sum = sentences_of(read(path)), 0
      all = all + #sentences
      for _, sentence in ipairs(sentences) do
        local words = words_of(sentence)
        assert.is_true(words <= LONGEST, ("%s: %d words: %s"):format(path, words, sentence))
        sum = sum + words
      end
      local average = sum / math.max(1, #sentences)
      assert.is_true(average < MOST_WORDS, ("%s: %.1f words a sentence"):format(path, average))
    end
    assert.is_true(all > 500, all)
  end)

  it("have a README of a page, which is not the place of the reference", function()
    assert.is_true(select(2, read("README.md"):gsub("\n", "")) <= MOST_LINES)
  end)
end)

describe("the rules above", function()
  it("see what is wrong", function()
    assert.equal("moonrig runn", mistake_in "moonrig runn smoke")
    assert.equal("moonrig list --cold", mistake_in "./moonrig list --cold smoke")
    assert.equal("--colt", mistake_in "--colt")
    assert.is_nil(mistake_in "moonrig run --retry 2 || [ $? = 6 ]")
    assert.same({ "moonrig run x", "-v" }, code_of "text\n```console\nmoonrig run x\n```\nand `-v`")
  end)

  it("count words a sentence", function()
    local sentences = sentences_of "# Head\n\nOne two `three four`. Five\nsix.\n\n| a | b |\n\n- seven eight\n- nine: ten\n"
    local counts = {}
    for i, sentence in ipairs(sentences) do counts[i] = words_of(sentence) end
    assert.same({ 3, 2, 2, 2 }, counts)
  end)

  it("take a link's file, as it is seen from its document", function()
    assert.same({ "a.md", "../b.md" }, links_of "[a](a.md#x) [b](../b.md) [c](https://example.org)")
    assert.equal("docs/b.md", joined("docs/api", "../b.md"))
  end)
end)

describe("docs/cli.md", function()
  it("has the verbs of the command line: `make docs` renews it", function()
    local text = read "docs/cli.md"
    assert.equal(docs_cli.with(text), text)
  end)

  it("names each verb and each option", function()
    local text = read "docs/cli.md"
    for name, options in pairs(VERBS) do
      local section = assert(text:match("\n### " .. name .. "\n(.-)\n%f[#<]"), name)
      for option in pairs(options) do
        local is_named = section:find(("`%s`"):format(option), 1, true) or section:find(("`%s "):format(option), 1, true)
        assert.is_truthy(option == "--help" or is_named, name .. " " .. option)
      end
    end
  end)

  it("without a place for the verbs is refused", function()
    assert.is_nil(docs_cli.with "# The command line\n")
  end)
end)
