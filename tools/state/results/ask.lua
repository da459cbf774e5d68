-- Arguments: prefix, claim (ms; 0: none), how many keys, the keys: the result's own, then those of results like it.
-- Answers {key, value, ms that it is fresh, its tags or nil, 1 if this call is to fetch it anew}, or that another process fetches it.
-- Grants the time, with which a new result comes back.
function parts.results()
  local prefix, claim_ms = argument(), tonumber(argument())
  local keys = {}
  for number = 1, tonumber(argument()) do keys[number] = argument() end
  local claim = prefix .. 'cache:claim:' .. keys[1]
  local function claimed() return tonumber(redis.call('GET', claim) or 0) > now end
  local function take()
    redis.call('SET', claim, string.format('%.0f', now + claim_ms * 1000), 'PX', math.max(claim_ms, 1))
  end
  for number, key in ipairs(keys) do
    local ends_ms = redis.call('ZSCORE', prefix .. 'cache:expiry', key)
    local stale_ms = ends_ms and redis.call('HGET', prefix .. 'cache:stale', key) or 0
    local fresh_ms = ends_ms and ends_ms - now / 1000 - stale_ms
    -- A result like it has to be fresh; its own may be stale.
    local given = fresh_ms and fresh_ms > (number == 1 and -stale_ms or 0)
    local value = given and redis.call('GET', prefix .. 'cache:' .. key)
    if value then
      local refresh = fresh_ms <= 0 and not claimed()
      if refresh then take() end
      local tags = redis.call('HGET', prefix .. 'cache:tags', key)
      return {1, 'results', key, value, string.format('%.0f', fresh_ms), tags or '', refresh and 1 or 0, string.format('%.0f', now)}
    end
  end
  if claim_ms > 0 and claimed() then return {1, 'results'} end
  when_all_agree(function()
    if claim_ms > 0 then take() end
    grant('results', string.format('%.0f', now))
  end)
end
