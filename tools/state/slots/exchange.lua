-- What one process has, returns and wants of one tool's slots. Times are in microseconds.
-- KEYS: set of taken slots (by the end of their lease), hash of processes that wait ('since ends waiting holds' each)
-- ARGV: now ('' for the server's clock), lease, how long a process counts as waiting, patience,
--       process, most slots, slots it holds, calls that wait, number of slots given back, of slots it still has,
--       then the names of these, of those, and of the new ones that it wants
-- Answers {how many of the wanted ones are granted, how many it should give back}.
local taken, waiting = KEYS[1], KEYS[2]
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local lease, waits_for, patience = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local process, most, holds, calls = ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local backs, haves, at = tonumber(ARGV[9]), tonumber(ARGV[10]), 10
local function names(count)
  at = at + count
  return at - count + 1, at
end
local function take(slot) redis.call('ZADD', taken, string.format('%.0f', now + lease), slot) end

redis.call('ZREMRANGEBYSCORE', taken, '-inf', now)
local first, last = names(backs)
for i = first, last do redis.call('ZREM', taken, ARGV[i]) end
first, last = names(haves)
for i = first, last do take(ARGV[i]) end
local wanted, free = #ARGV - at, most - redis.call('ZCARD', taken)

local since, others = now, {}
local entries = redis.call('HGETALL', waiting)
for i = 1, #entries, 2 do
  local began, ends, wait, has = string.match(entries[i + 1], '^(%d+) (%d+) (%d+) (%d+)$')
  if tonumber(ends) <= now then
    redis.call('HDEL', waiting, entries[i])
  elseif entries[i] == process then
    since = tonumber(began)
  else
    others[#others + 1] = {since = tonumber(began), calls = tonumber(wait), holds = tonumber(has)}
  end
end

-- Whoever waits longest comes first; nobody takes more than a share while another waits.
local share = math.floor(most / (#others + 1))
local reserved, others_wait, longest = 0, 0, 0
for _, other in ipairs(others) do
  others_wait = others_wait + other.calls
  longest = math.max(longest, now - other.since)
  if other.since < since then reserved = reserved + math.min(other.calls, math.max(1, share - other.holds)) end
end
local granted = math.min(wanted, free - reserved)
if #others > 0 then granted = math.min(granted, math.max(1, share - holds)) end
granted = math.max(granted, 0)
for i = at + 1, at + granted do take(ARGV[i]) end

if calls > granted then
  -- Who has a share, or gets something, waits from now on.
  if granted > 0 or holds >= math.max(1, share) then since = now end
  redis.call('HSET', waiting, process, string.format('%.0f %.0f %d %d', since, now + waits_for, calls - granted, holds + granted))
  redis.call('PEXPIRE', waiting, math.ceil(waits_for / 1000))
else
  redis.call('HDEL', waiting, process)
end
redis.call('PEXPIRE', taken, math.ceil(lease / 1000))
local owed = 0
if longest >= patience then owed = math.min(holds + granted - share, others_wait - (free - granted)) end
return {granted, math.max(owed, 0)}
