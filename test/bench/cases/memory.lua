--- memory: a figure of this process's memory in KiB: "VmRSS" is what it has now, "VmHWM" the most it had.

return function(figure)
  local f = assert(io.open "/proc/self/status")
  local text = f:read "*a"
  f:close()
  return tonumber(text:match(figure .. ":%s*(%d+)"))
end
