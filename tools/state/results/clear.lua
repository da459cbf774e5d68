-- Forget results. KEYS: prefix of all keys, channel for news. ARGV: now ('' for the server's clock), the tags to drop;
-- without tags, only what has expired goes. Answers how many results were dropped.
local prefix, channel = KEYS[1], KEYS[2]
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
-- SHARED --
if #ARGV == 1 then forget_expired(10000) end
local gone = 0
for number = 2, #ARGV do
  gone = gone + drop(ARGV[number])
  redis.call('PUBLISH', channel, 'results dropped ' .. ARGV[number])
end
return gone
