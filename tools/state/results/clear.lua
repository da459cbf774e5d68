-- Forget cached results. KEYS: prefix of all keys. ARGV: tool ('' for all), '1' for only the expired ones, now in ms
local prefix = KEYS[1]
local gone = {}
if ARGV[2] == '1' then
  gone = redis.call('ZRANGEBYSCORE', prefix .. 'cache:expiry', '-inf', ARGV[3])
else
  local fields = redis.call('HGETALL', prefix .. 'cache:tools')
  for i = 1, #fields, 2 do
    if ARGV[1] == '' or fields[i + 1] == ARGV[1] then gone[#gone + 1] = fields[i] end
  end
end
for _, key in ipairs(gone) do
  redis.call('DEL', prefix .. 'cache:' .. key)
  redis.call('HDEL', prefix .. 'cache:tools', key)
  redis.call('ZREM', prefix .. 'cache:used', key)
  redis.call('ZREM', prefix .. 'cache:expiry', key)
  redis.call('ZREM', prefix .. 'cache:hits', key)
end
return #gone
