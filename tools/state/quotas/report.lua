-- What was spent today (UTC) behind calls, by owner.
function parts.quotas(sums)
  local DAY = 86400 * 1000000
  local day = math.floor(now / DAY)
  for owner, amount in pairs(sums) do
    local counter = prefix .. 'quota:' .. owner .. ':day:' .. day
    redis.call('INCRBY', counter, string.format('%.0f', amount))
    redis.call('PEXPIRE', counter, math.ceil(((day + 1) * DAY - now) / 1000) + 60000)
  end
end
