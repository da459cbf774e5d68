-- What many calls left behind, added up by each part. Times are in microseconds unless they say ms.
-- KEYS: prefix of all keys, channel for news
-- ARGV: now ('' for the server's clock), the parts' sums as a JSON object by part, then the values they refer to (1 is the first)
-- Answers the news that others hear over the channel: subject, news, subject, news, …
local prefix, channel = KEYS[1], KEYS[2]
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local function value(number) return ARGV[2 + number] end

local heard = {}
local function tell(subject, news)
  heard[#heard + 1] = subject
  heard[#heard + 1] = news
  redis.call('PUBLISH', channel, subject .. ' ' .. news)
end

local parts = {}
-- PARTS --
for part, sums in pairs(cjson.decode(ARGV[2])) do parts[part](sums) end
return heard
