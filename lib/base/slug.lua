--- slug: a text as a part of the names of files and cases, safe in a shell, in JUnit and in a file's name.

local slug = {}

--- "packed ring, 8 queues" is "packed_ring_8_queues"; "" if the text has no letter or digit.
function slug.of(text)
  if not text:find "%w" then return "" end
  return (text:gsub("[^%w_.+-]+", "_"):gsub("^_+", ""):gsub("_+$", ""))
end

return slug
