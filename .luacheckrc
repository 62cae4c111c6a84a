-- luacheck: LuaJIT, no globals but those of busted in the specs
std = "luajit"
max_line_length = 110
-- 613: captured output keeps its blanks at the ends of lines
files["lib/spec"] = { std = "+busted", max_line_length = 120, ignore = { "613" } }
exclude_files = { "build/**" }
