-- Arguments: bucket, time of one token, time of a full bucket. Refuses with the wait for a token.
-- A bucket is known by the time at which it will be full: one number, exact, and gone when it is full.
function parts.buckets()
  local bucket, token, full = argument(), tonumber(argument()), tonumber(argument())
  local full_at = math.max(tonumber(redis.call('GET', bucket) or now), now) + token
  local wait = full_at - now - full
  if wait > 1 then return {1, 'buckets', math.ceil(wait)} end
  when_all_agree(function()
    redis.call('SET', bucket, string.format('%.17g', full_at), 'PX', math.ceil((full_at - now) / 1000) + 1)
  end)
end
