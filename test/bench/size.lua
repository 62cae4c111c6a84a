--- size: the amount of a measurement: full, or (make test) just enough to see that it works.

local size = { is_small = false }

--- `full` or `small`.
function size.of(full, small) return size.is_small and small or full end

return size
