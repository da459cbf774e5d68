-- Arguments: set of taken slots, hash of processes that wait, lease, most slots, process, slot.
-- Grants the slot if one is free and no other process waits; else the call runs when its turn has come.
function parts.slots()
  local taken, waiting, lease = argument(), argument(), tonumber(argument())
  local most, process, slot = tonumber(argument()), argument(), argument()
  when_all_agree(function()
    redis.call('ZREMRANGEBYSCORE', taken, '-inf', now)
    if redis.call('ZCARD', taken) >= most then return end
    local others = redis.call('HGETALL', waiting)
    for i = 1, #others, 2 do
      local ends = tonumber(string.match(others[i + 1], '^%d+ (%d+)'))
      if others[i] ~= process and ends > now then return end
    end
    redis.call('ZADD', taken, string.format('%.0f', now + lease), slot)
    redis.call('PEXPIRE', taken, math.ceil(lease / 1000))
    grant('slots', slot)
  end)
end
