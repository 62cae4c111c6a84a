--- random: bytes that cannot be guessed.

local random = {}

--- `count` bytes (default: 16) as hexadecimal digits.
function random.hex(count)
  local source = assert(io.open("/dev/urandom", "rb"))
  local bytes = source:read(count or 16)
  source:close()
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

return random
