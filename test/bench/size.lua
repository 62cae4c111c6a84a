--- size: how much is measured: all of it, or (make test) as little as shows that it can be measured.

local size = { is_small = false }

--- One of two values.
function size.of(all, small)
  if size.is_small then return small end
  return all
end

return size
