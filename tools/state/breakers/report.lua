-- Probes first, then the calls of tools that do not rest, each batch judged once; an admin's word is the last.
local WINDOW_SLOTS, MOST_COOLDOWNS = 10, 8

function parts.breakers(sums)
  local rests = prefix .. 'resting'
  local function open(tool, cooldown, times)
    local rest = cooldown * math.min(2 ^ times, MOST_COOLDOWNS)
    redis.call('DEL', prefix .. 'window:' .. tool)
    redis.call('HSET', rests, tool, string.format('%.0f %d 0', now + rest, times))
    tell(tool, string.format('%.0f', rest))
  end
  local function close(tool)
    redis.call('DEL', prefix .. 'window:' .. tool)
    if redis.call('HDEL', rests, tool) == 1 then tell(tool, '-1') end
  end

  for _, probe in ipairs(sums.probes) do
    local tool, verdict, of, lease, cooldown, enough = unpack(probe)
    local rest = redis.call('HGET', rests, tool)
    local until_us, times, worked, leases = string.match(rest or '', '^(%d+) (%d+) (%d+)(.*)$')
    -- A probe of a rest that is over says nothing about this one.
    if until_us == of then
      if verdict == 'worked' then worked = worked + 1 end
      if verdict == 'failed' then
        open(tool, cooldown, times + 1)
      elseif tonumber(worked) >= enough then
        close(tool)
      else
        leases = string.gsub(leases, ' ' .. lease .. '%f[%D]', '', 1)
        redis.call('HSET', rests, tool, string.format('%s %d %d', until_us, times, worked) .. leases)
      end
    end
  end

  local function count(key, slot, counts)
    for kind, number in pairs(counts) do
      if number > 0 then redis.call('HINCRBY', key, kind .. slot, number) end
    end
    local summed = {c = 0, f = 0, s = 0}
    local fields = redis.call('HGETALL', key)
    for i = 1, #fields, 2 do
      local kind, of = string.sub(fields[i], 1, 1), tonumber(string.sub(fields[i], 2))
      if of > slot - WINDOW_SLOTS and of <= slot then
        summed[kind] = summed[kind] + fields[i + 1]
      else
        redis.call('HDEL', key, fields[i])
      end
    end
    return summed
  end

  for _, run in ipairs(sums.runs) do
    local tool, calls, failures, slow, least, share, slow_share, window, cooldown = unpack(run)
    if redis.call('HEXISTS', rests, tool) == 0 then
      local key = prefix .. 'window:' .. tool
      local summed = count(key, math.floor(now / window * WINDOW_SLOTS), {c = calls, f = failures, s = slow})
      redis.call('PEXPIRE', key, math.ceil(window / 1000) + 1000)
      local failing = summed.f >= least and summed.f >= share * summed.c
      local slowing = summed.s >= least and summed.s >= slow_share * summed.c
      if failing or slowing then open(tool, cooldown, 0) end
    end
  end

  for _, decided in ipairs(sums.decided) do
    local tool, opens, cooldown = unpack(decided)
    close(tool)
    if opens then open(tool, cooldown, 0) end
  end
end
