-- A bucket is known by the time at which it will be full: one number, exact, and gone when it is full.
-- Processes may hold tokens in their hands: a hash, process -> 'count until'. See level.py for why this is exact.
local function full_at_of(bucket, token)
  local full_at = math.max(tonumber(redis.call('GET', bucket) or now), now)
  local all, alive, ended = 0, 0, nil
  for _, hold in ipairs(redis.call('HVALS', bucket .. ':held')) do
    local count, till = string.match(hold, '^(%d+) (%d+)$')
    count, till = tonumber(count), tonumber(till)
    all = all + count
    if till > now then alive = alive + count else ended = math.max(ended or 0, till) end
  end
  full_at = math.max(full_at, now + alive * token)
  if ended then full_at = math.max(full_at, ended + all * token) end
  return full_at, alive
end

local function keep(bucket, full_at)
  redis.call('SET', bucket, string.format('%.17g', full_at), 'PX', math.ceil(math.max(0, full_at - now) / 1000) + 1)
end

-- Arguments: '1' to be told what is left, number of buckets, then for each its limit, its key, time of one token, time of a full bucket.
-- Refuses with the wait until all have a token, and the limit that takes longest. Grants, if
-- told, for each its limit, the tokens that are left and the time until it is full.
function parts.buckets()
  local longest, refused_by, left = 1, nil, argument() == '1' and {}
  for _ = 1, tonumber(argument()) do
    local limit, bucket, token, full = argument(), argument(), tonumber(argument()), tonumber(argument())
    local full_at = full_at_of(bucket, token) + token
    local wait = full_at - now - full
    if wait > longest then longest, refused_by = wait, limit end
    when_all_agree(function()
      keep(bucket, full_at)
      if left then
        left[#left + 1] = limit
        left[#left + 1] = math.max(0, math.floor((now + full - full_at + 1) / token))
        left[#left + 1] = string.format('%.0f', full_at - now)
      end
    end)
  end
  if refused_by then return {1, 'buckets', math.ceil(longest), refused_by} end
  if left then when_all_agree(function() grant('buckets', left) end) end
end

-- A question of its own, never with another part's. Arguments: process, time of a lease, number of buckets, then for
-- each its key, time of one token, time of a full bucket, the most that all may hold, and the process's wish.
-- Grants the number of tokens by bucket.
function parts.leases()
  local process, lease, given = argument(), tonumber(argument()), {}
  for _ = 1, tonumber(argument()) do
    local bucket, token, full, most = argument(), tonumber(argument()), tonumber(argument()), tonumber(argument())
    local in_hand, back, want = tonumber(argument()), tonumber(argument()), tonumber(argument())
    local held, full_at, alive = bucket .. ':held', full_at_of(bucket, token)
    local mine, holds = 0, redis.call('HGETALL', held)
    for i = 1, #holds, 2 do
      local count, till = string.match(holds[i + 1], '^(%d+) (%d+)$')
      if tonumber(till) <= now then
        redis.call('HDEL', held, holds[i])
      elseif holds[i] == process then
        mine = tonumber(count)
      end
    end
    back = math.min(back, mine)
    in_hand = math.min(in_hand, mine - back)
    full_at = math.max(now, full_at - back * token)
    local room = math.floor((now + full - full_at + 1) / token)
    local granted = math.max(0, math.min(want, room, most - (alive - mine) - in_hand))
    keep(bucket, full_at + granted * token)
    if in_hand + granted > 0 then
      redis.call('HSET', held, process, string.format('%d %.0f', in_hand + granted, now + lease))
      redis.call('PEXPIRE', held, math.ceil((lease + full) / 1000) + 1)
    else
      redis.call('HDEL', held, process)
    end
    given[#given + 1] = granted
  end
  grant('leases', given)
end
