-- What many calls left behind, added up by batch.py. Times are in microseconds unless they say ms.
-- KEYS: prefix of all keys, channel for news of breakers
-- ARGV: now ('' for the server's clock), most cached results, '1' if reads keep a result from eviction,
--       '1' if reads of each result are counted, the sums as JSON, then the values of its `kept`
local prefix, channel = KEYS[1], KEYS[2]
local lru, tracking, sums = ARGV[3] == '1', ARGV[4] == '1', cjson.decode(ARGV[5])
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local rests = prefix .. 'rests'
local WINDOW_SLOTS, HEALTH_S = 10, 600

-- What changed, for whoever sent this: tool, rest (below 0: it no longer rests), tool, rest, …
local changed = {}
local function tell(tool, rest_us)
  changed[#changed + 1] = tool
  changed[#changed + 1] = string.format('%.0f', rest_us)
  redis.call('PUBLISH', channel, tool .. ' ' .. string.format('%.0f', rest_us))
end

local function open(tool, cooldown)
  redis.call('HSET', rests, tool, string.format('%.0f 0', now + cooldown))
  tell(tool, cooldown)
end

for _, probe in ipairs(sums.probes) do
  local tool, verdict, cooldown = unpack(probe)
  local rest = redis.call('HGET', rests, tool)
  if rest and verdict == 'failed' then
    open(tool, cooldown)
  elseif rest and verdict == 'succeeded' then
    redis.call('HDEL', rests, tool)
    tell(tool, -1)
  elseif rest then
    redis.call('HSET', rests, tool, string.match(rest, '^%d+') .. ' 0')
  end
end

for _, run in ipairs(sums.runs) do
  local tool, calls, failures, least_failures, share, window, cooldown = unpack(run)
  if redis.call('HEXISTS', rests, tool) == 0 then
    local key = prefix .. 'window:' .. tool
    local slot = math.floor(now / window * WINDOW_SLOTS)
    redis.call('HINCRBY', key, 'c' .. slot, calls)
    redis.call('HINCRBY', key, 'f' .. slot, failures)
    redis.call('PEXPIRE', key, math.ceil(window / 1000) + 1000)
    local summed = {c = 0, f = 0}
    local fields = redis.call('HGETALL', key)
    for i = 1, #fields, 2 do
      local kind, of = string.sub(fields[i], 1, 1), tonumber(string.sub(fields[i], 2))
      if of > slot - WINDOW_SLOTS and of <= slot then
        summed[kind] = summed[kind] + fields[i + 1]
      else
        redis.call('HDEL', key, fields[i])
      end
    end
    if summed.f >= least_failures and summed.f >= share * summed.c then
      redis.call('DEL', key)
      open(tool, cooldown)
    end
  end
end

local health = prefix .. 'health:' .. math.floor(now / 60000000)
for field, count in pairs(sums.kinds) do
  redis.call('HINCRBY', health, field, count)
  redis.call('EXPIRE', health, HEALTH_S)
end
for field, count in pairs(sums.looks) do
  redis.call('HINCRBY', prefix .. 'cache:counts', field, count)
end

local tools, used = prefix .. 'cache:tools', prefix .. 'cache:used'
local expiry, hits = prefix .. 'cache:expiry', prefix .. 'cache:hits'
local function forget(key)
  local tool = redis.call('HGET', tools, key)
  redis.call('HDEL', tools, key)
  redis.call('ZREM', used, key)
  redis.call('ZREM', expiry, key)
  redis.call('ZREM', hits, key)
  return tool
end

for key, times in pairs(sums.hits) do
  if redis.call('HEXISTS', tools, key) == 1 then
    if tracking then redis.call('ZINCRBY', hits, times, key) end
    if lru then redis.call('ZADD', used, now, key) end
  end
end
for i, kept in ipairs(sums.kept) do
  local key, tool, ttl_ms = unpack(kept)
  redis.call('SET', prefix .. 'cache:' .. key, ARGV[5 + i], 'PX', ttl_ms)
  redis.call('HSET', tools, key, tool)
  redis.call('ZADD', used, now, key)
  redis.call('ZADD', expiry, now / 1000 + ttl_ms, key)
end
for _, key in ipairs(redis.call('ZRANGEBYSCORE', expiry, '-inf', now / 1000, 'LIMIT', 0, 200)) do
  forget(key)
end
while redis.call('ZCARD', used) > tonumber(ARGV[2]) do
  local key = redis.call('ZPOPMIN', used)[1]
  redis.call('DEL', prefix .. 'cache:' .. key)
  redis.call('HINCRBY', prefix .. 'cache:counts', (forget(key) or '') .. ' evictions', 1)
end
return changed
