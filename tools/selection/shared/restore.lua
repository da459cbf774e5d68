-- ARGV: key, series, whether to replace what is there ("1"), then members and their sums. What holds after it.
local series = ARGV[1] .. ':' .. ARGV[2]
if ARGV[3] == '1' or redis.call('EXISTS', series) == 0 then
  redis.call('DEL', series)
  redis.call('HSET', series, '', '0')  -- so that a group without evidence is known, too
  for index = 4, #ARGV, 2 do
    redis.call('HSET', series, ARGV[index], ARGV[index + 1])
  end
end
return redis.call('HGETALL', series)
