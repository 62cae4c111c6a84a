--- lua_files: what stands in for io.lines, file:lines, dofile and loadfile in a recorded case and in its replay. Each
--- is made of calls that are recorded.

local lua_files = {}

--- In place of file:lines: each line is a file:read.
function lua_files.lines_of(file_handle, ...)
  local formats, n = { ... }, select("#", ...)
  if n == 0 then formats, n = { "*l" }, 1 end
  return function() return file_handle:read(unpack(formats, 1, n)) end
end

--- In place of io.lines: opens by io.open, reads by file:read.
function lua_files.io_lines(path, ...)
  if path == nil then return lua_files.lines_of(io.input(), ...) end
  local f, why = io.open(path)
  if not f then error(why, 2) end
  local is_open, next_line = true, lua_files.lines_of(f, ...)
  local function closed_at_end(...)
    if (...) == nil and is_open then f:close() is_open = false end
    return ...
  end
  return function() return closed_at_end(next_line()) end
end

--- In place of dofile: by loadfile.
function lua_files.dofile(path)
  local chunk, why = loadfile(path)
  if not chunk then error(why, 0) end
  return chunk()
end

--- The chunk of a file's text, as loadfile(path, mode, environment) returns it.
function lua_files.compile(path, text, mode, ...)
  text = text:gsub("^#[^\n]*", "")
  if select("#", ...) > 0 then return load(text, "@" .. path, mode, (...)) end
  return load(text, "@" .. path, mode)
end

return lua_files
