-- ARGV: key, series, id of a decision ("" to read alone), what its feedback needs, seconds that it is waited for.
-- The sums of the series, as name and value; nothing where Valkey knows of none.
local key, series, id = ARGV[1], ARGV[2], ARGV[3]
if id ~= '' then
  local decision = key .. ':decision:' .. id
  redis.call('HSET', decision, 'what', ARGV[4])
  redis.call('EXPIRE', decision, ARGV[5])
end
return redis.call('HGETALL', key .. ':series:' .. series)
