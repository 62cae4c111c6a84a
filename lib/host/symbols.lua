--- symbols: the functions at addresses of a program's file, by binutils' addr2line.

local engine = require "engine"
local fail = require "base.fail"

local symbols = {}

-- It reads all of a program's debugging information: 90 MB of DPDK with ASan take 2 s.
local SECONDS = 15

--- The frames at each of the addresses (texts, "0x12"), the innermost function first where some are inlined:
--- { [address] = array of { name, place, text } }. Empty without addr2line.
function symbols.at(path, addresses)
  local here, out, address, name = engine.here(), {}, nil, nil
  local r = fail.try(here.run, here, { "addr2line", "-a", "-i", "-f", "-e", path, unpack(addresses) },
    { timeout = SECONDS })
  for line in (r and r.code == 0 and r.out or ""):gmatch "[^\n]+" do
    local next_one = line:match "^0x0*(%x+)$"
    if next_one then
      address, name = "0x" .. next_one, nil
      out[address] = {}
    elseif not name then
      name = line
    else
      local place = line:match "^(.-:%d+)"
      table.insert(out[address], { name = name, place = place, text = name .. (place and " " .. place or "") })
      name = nil
    end
  end
  return out
end

return symbols
