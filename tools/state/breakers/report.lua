-- Probes first, then the calls of tools that do not rest: each batch is judged once.
local WINDOW_SLOTS = 10

function parts.breakers(sums)
  local rests = prefix .. 'rests'
  local function open(tool, cooldown)
    redis.call('HSET', rests, tool, string.format('%.0f 0', now + cooldown))
    tell(tool, string.format('%.0f', cooldown))
  end

  for _, probe in ipairs(sums.probes) do
    local tool, verdict, cooldown = unpack(probe)
    local rest = redis.call('HGET', rests, tool)
    if rest and verdict == 'failed' then
      open(tool, cooldown)
    elseif rest and verdict == 'succeeded' then
      redis.call('HDEL', rests, tool)
      tell(tool, '-1')
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
end
