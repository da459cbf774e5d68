-- ARGV: key, series, whether to replace what is there ("1"), then members and their sums. What holds after it.
local series = ARGV[1] .. ':series:' .. ARGV[2]
if ARGV[3] == '1' or redis.call('EXISTS', series) == 0 then
  redis.call('DEL', series)
  redis.call('HSET', series, '', '0')  -- so that a group without evidence is known, too
  for index = 4, #ARGV, 2 do
    redis.call('HSET', series, ARGV[index], ARGV[index + 1])
  end
  -- Whatever is let go is made anew of the log, where it has something.
  redis.call('EXPIRE', series, #ARGV > 3 and 30 * 86400 or 3600)
end
return redis.call('HGETALL', series)
