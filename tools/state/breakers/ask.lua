-- Arguments: hash of resting tools, lease of a probe. Refuses with the rest; grants the probe.
function parts.breakers()
  local rests, lease = argument(), tonumber(argument())
  local rest = redis.call('HGET', rests, tool)
  if not rest then return end
  local opened, probed = string.match(rest, '^(%d+) (%d+)$')
  local until_us = math.max(tonumber(opened), tonumber(probed))
  if now < until_us then return {1, 'breakers', until_us - now} end
  when_all_agree(function()
    redis.call('HSET', rests, tool, opened .. ' ' .. string.format('%.0f', now + lease))
    grant('breakers', 1)
  end)
end
