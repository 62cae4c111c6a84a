--- random: bytes that nobody can guess.

local random = {}

--- So many of them (default: 16) as hexadecimal digits, two each.
function random.hex(count)
  local source = assert(io.open("/dev/urandom", "rb"))
  local bytes = source:read(count or 16)
  source:close()
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

return random
