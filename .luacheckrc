-- luacheck: LuaJIT; busted's globals in the specs, `rig` in the scenarios
std = "luajit"
max_line_length = 120
ignore = { "212/self" }
files["scripts"] = { read_globals = { "rig" } }
files["test/cases"] = { read_globals = { "rig" } }
files["test/browser/browser"] = { read_globals = { "rig" } }
files["test/browser/browser_retries"] = { read_globals = { "rig" } }
files["test/browser/browser_words"] = { read_globals = { "rig" } }
files["lib/help/templates"] = { read_globals = { "rig" } }
files["test/bench/cases"] = { read_globals = { "rig" } }
-- 613: captured output keeps its blanks at the ends of lines
files["test/specs"] = { std = "+busted", max_line_length = 160, ignore = { "613", "212/self" } }
exclude_files = { "build*/**" }

-- stubs: declared, never run
files["lib/help/stubs"] = { max_line_length = 140, ignore = { "111", "112", "121", "122", "131", "211", "212", "241", "331" } }
