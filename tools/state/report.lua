-- What many calls left behind, added up by each part. Times are in microseconds unless they say ms.
-- KEYS: prefix of all keys, channel for news
-- ARGV: now ('' for the server's clock), the parts' sums as a JSON object by part, then the values they refer to (1 is the first)
-- Answers the news that others hear over the channel: part, subject, news, part, subject, news, …
local prefix, channel = KEYS[1], KEYS[2]
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local function value(number) return ARGV[2 + number] end

-- A part tells others of a subject in one word of news.
local heard, speaking = {}, ''
local function tell(subject, news)
  for _, word in ipairs({speaking, subject, news}) do heard[#heard + 1] = word end
  redis.call('PUBLISH', channel, speaking .. ' ' .. news .. ' ' .. subject)
end

local parts = {}
-- PARTS --
for part, sums in pairs(cjson.decode(ARGV[2])) do
  speaking = part
  parts[part](sums)
end
return heard
