-- One question of one call: cached result, breaker, token, in that order. Times are in microseconds.
-- KEYS: cached result, resting breakers (hash by tool), token bucket
-- ARGV: now ('' for the server's clock), tool, '1' if the tool caches,
--       time of one token (0: no limit), time of a full bucket, lease of a probe
-- Answers {kind, value}: what the kinds mean is in valkey.py.
if ARGV[3] == '1' then
  local value = redis.call('GET', KEYS[1])
  if value then return {1, value} end
end

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

local open_until
local rest = redis.call('HGET', KEYS[2], ARGV[2])
if rest then
  local opened, probed = string.match(rest, '^(%d+) (%d+)$')
  open_until = opened
  local until_us = math.max(tonumber(opened), tonumber(probed))
  if now < until_us then return {2, until_us - now} end
end

local token = tonumber(ARGV[4])
if token > 0 then
  -- A bucket is known by the time at which it will be full: one number, exact, and gone when it is full.
  local full_at = tonumber(redis.call('GET', KEYS[3]) or now)
  if full_at < now then full_at = now end
  full_at = full_at + token
  local wait = full_at - now - tonumber(ARGV[5])
  if wait > 1 then return {3, math.ceil(wait)} end
  redis.call('SET', KEYS[3], string.format('%.17g', full_at), 'PX', math.ceil((full_at - now) / 1000) + 1)
end

if rest then
  redis.call('HSET', KEYS[2], ARGV[2], open_until .. ' ' .. string.format('%.0f', now + tonumber(ARGV[6])))
  return {4, 0}
end
return {0, 0}
