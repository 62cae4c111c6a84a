-- The line that a person edits at the REPL's prompt, in a real terminal.

local engine = require "engine"

local moonrig = require "specs.moonrig"
local terminal_window = require "specs.terminal_window"

local PROMPT = "moonrig> "

local rig, window

-- A REPL at its prompt; `words` stand in front of the command.
local function repl(words)
  window:type_line((words or "") .. rig.exe .. " repl")
  window:await_last_line(PROMPT)
end

local function open(columns, rows)
  rig = moonrig.new()
  window = terminal_window.open { columns = columns, rows = rows,
    env = { "TMPDIR=" .. rig.tmp, "HOME=" .. rig.work, "MOONRIG_CACHE=" .. rig.work .. "/cache" } }
end

local function leave()
  window:press "C-c"
  window:await_last_line(PROMPT)
  window:press "C-d"
  window:await_shell()
end

after_each(function()
  if window then window:close() end
  window = nil
  rig:remove()
end)

-- The terminal is as a shell wants it.
local function is_in_order()
  window:type_line "clear; stty -a | tr ' ;' '\\n\\n' | grep -cxE 'icanon|echo|isig|icrnl|opost'"
  window:await_screen(function(s) return s:find "^5\nshell:$" end, "five modes")
end

-- The worker's pid, as the REPL prints it.
local function worker()
  window:type_line "engine.sys.pid()"
  local screen = window:await_screen(function(s) return s:find "pid%(%)\n%d+\nmoonrig>$" end, "a pid")
  return screen:match "pid%(%)\n(%d+)"
end

-- What a task prints once `file` is there, above whatever is edited then.
local function prints_after(file, lines)
  window:type_line(("t:spawn(function() engine.await_path(%q, 60) engine.print_above(%q) end)"):format(file, lines))
  window:await_last_line(PROMPT)
  window:press "C-l"
  window:await_screen(function(s) return s == "moonrig>" end, "an empty screen")
end

for _, term in ipairs { "xterm-256color", "tmux-256color", "linux" } do
  describe("the edited line, TERM=" .. term, function()
    it("takes the keys that people press, and characters of several bytes", function()
      open()
      repl("TERM=" .. term .. " ")
      window:type 'prnt("ü 漢 €") wrong words'
      window:press("C-w", "BSpace", "C-w", "Home")
      window:type "é"
      window:press("Delete", "BSpace", "End")
      window:type "or xx yy"
      window:press("M-b", "Left", "BSpace", "BSpace", "M-f", "BSpace", "BSpace", "BSpace")
      window:press("Home", "Right")
      window:type "i"
      window:press("Home")
      window:type "p"
      window:await_last_line 'moonrig> print("ü 漢 €") or'
      window:type "x = "
      window:press("C-e", "M-b", "Left", "C-k", "Enter")
      leave()
    end)

    it("is not torn by what is printed above, on whichever row the cursor is", function()
      open(40, 16)
      repl("TERM=" .. term .. " ")
      local go = rig.work .. "/go"
      prints_after(go, "above 1\nabove 2 is so long that the terminal has to wrap it\n\nabove 3")
      window:type(("漢 456789 "):rep(9))
      for _ = 1, 50 do window:press "Left" end
      window:type "X"
      local before = window:await_screen(function(s) return s:find "X" end, "an X")
      local x, y = window:cursor()
      rig:write("go", "")
      local after = window:await "above 3"
      local above = "above 1\nabove 2 is so long that the terminal has\n to wrap it\n\nabove 3\n"
      assert.equal(above .. before, after)
      local x2, y2 = window:cursor()
      assert.same({ x, y + 5 }, { x2, y2 })
      leave()
    end)
  end)
end

describe("the edited line", function()
  it("fits the window's new size", function()
    open(60, 16)
    repl()
    window:press "C-l"
    window:type(("0123456789"):rep(9))
    window:await_screen(function(s) return s:find "\n%d+$" end, "two rows")
    window:resize(30, 16)
    local all = "moonrig> " .. ("0123456789"):rep(9)
    window:await_screen(function(s) return s == all:sub(1, 30) .. "\n" .. all:sub(31, 60) .. "\n" .. all:sub(61, 90) .. "\n"
      .. all:sub(91) end, "four rows")
    window:resize(80, 16)
    -- what tmux takes out of its history may stand above
    local wide = all:sub(1, 80) .. "\n" .. all:sub(81)
    window:await_screen(function(s) return s:sub(-#wide) == wide end, "two rows of 80")
    leave()
  end)

  it("is searched for in the history, and a key that is no search's ends that", function()
    open()
    repl()
    for _, line in ipairs { "alpha = 1", "beta = 2", "alpha = 3" } do
      window:type_line(line)
      window:await_last_line(PROMPT)
    end
    window:press "C-r"
    window:await_last_line "bck:"
    window:type "alpha"
    window:await_screen(function(s) return s:find "moonrig> alpha = 3\nbck:alpha$" end, "the newest")
    window:press "C-r"
    window:await_screen(function(s) return s:find "moonrig> alpha = 1\nbck:alpha$" end, "the one before")
    window:press "Home"
    window:type "x, "
    window:await_last_line "moonrig> x, alpha = 1"
    leave()
  end)

  it("is completed by Tab; Tab once more lists", function()
    open(60, 16)
    repl()
    window:press "C-l"
    window:type "t:testp"
    window:press "Tab"
    window:await_last_line "moonrig> t:testpmd"
    window:type "{ rx"
    window:await_last_line "moonrig> t:testpmd{ rx"
    window:press("Tab", "Tab")
    window:await "\nrxd  rxq\nmoonrig> t:testpmd{ rx"
    window:type "q"
    window:press "Tab"
    window:await_last_line "moonrig> t:testpmd{ rxq ="
    window:type "2, "
    window:await_last_line "moonrig> t:testpmd{ rxq = 2,"
    leave()
  end)

  it("comes of what is pasted, line by line, none lost", function()
    open()
    repl()
    local lines = {}
    for i = 1, 300 do lines[i] = ("v%d = %d -- ü\tand some more words"):format(i, i) end
    window:type(table.concat(lines, "\n") .. "\nsum = 0 for i = 1, 300 do\n\tsum = sum + getfenv(1)['v' .. i]\nend\nprint('sum', sum)\n")
    window:await_screen(function(s) return s:find "45150\nmoonrig>$" end, "their sum")
    leave()
  end)
end)

describe("the terminal", function()
  it("is in order while the REPL is stopped by Ctrl-Z, and the line is there again", function()
    open()
    repl()
    window:type "half"
    window:await_last_line "moonrig> half"
    window:press "C-z"
    window:await_shell()
    is_in_order()
    window:type_line "fg"
    window:await_last_line "moonrig> half"
    window:press "C-w"
    window:type_line "1+1"
    window:await "moonrig> 1+1\n2\nmoonrig>"
    leave()
    is_in_order()
  end)

  for _, signal in ipairs { "TERM", "KILL" } do
    it("is in order after SIG" .. signal, function()
      open()
      repl()
      local pid = worker()
      window:type "half"
      window:await_last_line "moonrig> half"
      assert(engine.here():run { "kill", "-" .. signal, pid })
      window:await_screen(function(s) return s:find "shell: $" or s:find "shell:$" end, "the shell")
      is_in_order()
    end)
  end

end)

describe("the history at a terminal", function()
  it("is there in the next session, and was it after a SIGKILL", function()
    open()
    repl()
    window:type_line "for i = 1, 2 do"
    window:type_line "  print(i) end"
    window:await_last_line(PROMPT)
    local pid = worker()
    assert(engine.here():run { "kill", "-KILL", pid })
    window:await_screen(function(s) return s:find "shell:$" end, "the shell")
    window:type_line "clear"
    repl()
    window:press("Up", "Up")
    window:await "moonrig> for i = 1, 2 do\n  print(i) end"
    window:press "Enter"
    window:await "print(i) end\n1\n2\nmoonrig>"
    leave()
  end)
end)
