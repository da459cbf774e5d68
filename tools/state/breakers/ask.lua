-- Arguments: hash of resting tools, how an admin holds the breaker, lease of a probe, how many probes may run.
-- A rest is 'until times worked lease lease …': its end, how often a probe failed since the breaker opened, how many
-- probes worked, and until when each that runs counts as one. Refuses with the wait; grants a probe: 'until lease'.
function parts.breakers()
  local rests, hold, lease, most = argument(), argument(), tonumber(argument()), tonumber(argument())
  if hold == 'open' then return {1, 'breakers', 0} end
  local rest = redis.call('HGET', rests, tool)
  if not rest then return end
  local head, leases = string.match(rest, '^(%d+ %d+ %d+)(.*)$')
  local until_us, worked = string.match(head, '^(%d+) %d+ (%d+)$')
  if now < tonumber(until_us) then return {1, 'breakers', tonumber(until_us) - now} end
  local running, first = 0, math.huge
  for ends in string.gmatch(leases, '%d+') do
    if tonumber(ends) > now then
      running, first = running + 1, math.min(first, tonumber(ends))
      head = head .. ' ' .. ends
    end
  end
  if running > 0 and running + tonumber(worked) >= most then return {1, 'breakers', first - now} end
  when_all_agree(function()
    local ends = string.format('%.0f', now + lease)
    redis.call('HSET', rests, tool, head .. ' ' .. ends)
    grant('breakers', until_us .. ' ' .. ends)
  end)
end
