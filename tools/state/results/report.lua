-- What was dropped, new results, reads of kept results, and what has to go for them.
local function outdated(tool, tags, since)
  if dropped_since('*', since) or dropped_since('tool:' .. tool, since) then return true end
  for _, tag in ipairs(tags) do
    if dropped_since(tag, since) then return true end
  end
  return false
end

local function keep(key, tool, ends_in_ms, stale_ms, tags, text, asked)
  if redis.call('HEXISTS', cache.tools, key) == 1 then forget(key) end
  redis.call('SET', prefix .. 'cache:' .. key, text, 'PX', ends_in_ms)
  redis.call('HSET', cache.tools, key, tool)
  if asked ~= '' then redis.call('HSET', cache.asked, key, asked) end
  redis.call('ZADD', cache.used, now, key)
  redis.call('ZADD', cache.expiry, now / 1000 + ends_in_ms, key)
  if stale_ms > 0 then redis.call('HSET', cache.stale, key, stale_ms) end
  if #tags > 0 then redis.call('HSET', cache.tags, key, cjson.encode(tags)) end
  for _, tag in ipairs(tags) do redis.call('SADD', tagged(tag), key) end
end

function parts.results(sums)
  for _, tag in ipairs(sums.dropped) do
    drop(tag)
    tell(tag, 'dropped')
  end
  for field, count in pairs(sums.looks) do redis.call('HINCRBY', cache.counts, field, count) end
  for _, kept in ipairs(sums.kept) do
    local key, tool, ends_in_ms, stale_ms, tags, since, number, asked = unpack(kept)
    if not outdated(tool, tags, since) then keep(key, tool, ends_in_ms, stale_ms, tags, value(number), asked) end
  end
  -- After what is new: it may have been read before it was told of.
  for key, times in pairs(sums.hits) do
    if redis.call('HEXISTS', cache.tools, key) == 1 then
      if sums.tracking then
        redis.call('ZINCRBY', cache.hits, times, key)
        redis.call('HSET', cache.read, key, string.format('%.0f', now))
      end
      if sums.lru then redis.call('ZADD', cache.used, now, key) end
    end
  end
  for _, key in ipairs(sums.ended) do redis.call('DEL', prefix .. 'cache:claim:' .. key) end
  forget_expired(200)
  while redis.call('ZCARD', cache.used) > sums.most do
    local tool = forget(redis.call('ZRANGE', cache.used, 0, 0)[1])
    redis.call('HINCRBY', cache.counts, (tool or '') .. ' evictions', 1)
  end
end
