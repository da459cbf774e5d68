-- Arguments: number of buckets, then for each its limit, its key, time of one token, time of a full bucket.
-- Refuses with the wait until all have a token, and the limit that takes longest.
-- A bucket is known by the time at which it will be full: one number, exact, and gone when it is full.
function parts.buckets()
  local longest, refused_by = 1, nil
  for _ = 1, tonumber(argument()) do
    local limit, bucket, token, full = argument(), argument(), tonumber(argument()), tonumber(argument())
    local full_at = math.max(tonumber(redis.call('GET', bucket) or now), now) + token
    local wait = full_at - now - full
    if wait > longest then longest, refused_by = wait, limit end
    when_all_agree(function()
      redis.call('SET', bucket, string.format('%.17g', full_at), 'PX', math.ceil((full_at - now) / 1000) + 1)
    end)
  end
  if refused_by then return {1, 'buckets', math.ceil(longest), refused_by} end
end
