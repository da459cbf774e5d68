-- Counts of a minute, kept for ten.
function parts.outcomes(sums)
  local minute = prefix .. 'health:' .. math.floor(now / 60000000)
  for field, count in pairs(sums) do redis.call('HINCRBY', minute, field, count) end
  redis.call('EXPIRE', minute, 600)
end
