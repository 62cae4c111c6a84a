--- numbers: converters (argparse's) of an option's text to a number: the number, or nil and what is wrong.

local numbers = {}

--- A whole number from `least` to `most`; or `word` (optional), as it is.
function numbers.whole(option, least, most, word)
  return function(text)
    if text == word then return word end
    local n = tonumber(text)
    if n and n >= least and n <= most and n % 1 == 0 then return n end
    return nil, ("%s is a whole number from %d to %d%s, not %q"):format(option, least, most,
      word and ", or " .. word or "", text)
  end
end

--- Seconds above 0.
function numbers.seconds(option)
  return function(text)
    local n = tonumber(text)
    if n and n > 0 and n < 1e6 then return n end
    return nil, ("%s is a number of seconds above 0, not %q"):format(option, text)
  end
end

return numbers
