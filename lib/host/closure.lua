--- closure: the shared libraries that programs need, as their loader finds them.

local engine = require "engine"
local fail = require "base.fail"

local closure = {}

-- Of programs for this machine's processors (System V ABI, AMD64).
closure.LOADER = "/lib64/ld-linux-x86-64.so.2"

local LIST_SECONDS = 60

-- $1: the loader; $2: where it looks for libraries, or empty.
local SCRIPT = [[loader=$1 path=$2; shift 2
for program; do
	printf '%s\n' "=$program"
	"$loader" ${path:+--library-path "$path"} --list "$program" 2>&1
done]]

local function refuse(program, line)
  fail.raise("ENOENT", "libraries", ("%s does not find its libraries: %s"):format(program, line:match "^%s*(.-)%s*$"))
end

-- Adds what a line of `--list` says.
local function take(found, program, line)
  local name, path = line:match "^%s+(%S+) => (/.*) %(0x%x+%)$"
  if name then
    found[name] = found[name] or path
  elseif line:find "not found" or line:find "error while loading" or line:find "cannot open" then
    refuse(program, line)
  end
end

--- The libraries of programs (paths of ELF files): { [name as it is asked for] = path }, without the loader itself.
--- Raises ENOENT for one that is not found. `loader`: default closure.LOADER; `library_path`: its folders, as in
--- LD_LIBRARY_PATH.
function closure.of(programs, loader, library_path)
  local found, program = {}, nil
  local argv = { "sh", "-c", SCRIPT, "sh", loader or closure.LOADER, library_path or "" }
  for _, path in ipairs(programs) do argv[#argv + 1] = path end
  local r = engine.here():run(argv, { timeout = LIST_SECONDS })
  for line in r.out:gmatch "[^\n]+" do
    local next_one = line:match "^=(/.*)$"
    program = next_one or program
    if not next_one then take(found, program, line) end
  end
  for name in pairs(found) do
    if name:find "^ld%-linux" or name:find "/" then found[name] = nil end
  end
  return found
end

--- Is a file an ELF program or library?
function closure.is_elf(path)
  local f = io.open(path, "rb")
  local head = f and f:read(4)
  if f then f:close() end
  return head == "\127ELF"
end

return closure
