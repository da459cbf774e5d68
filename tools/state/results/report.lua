-- Reads of kept results, new results, and what has to go for them.
function parts.results(sums)
  local tools, used = prefix .. 'cache:tools', prefix .. 'cache:used'
  local expiry, hits = prefix .. 'cache:expiry', prefix .. 'cache:hits'
  local function forget(key)
    local tool = redis.call('HGET', tools, key)
    redis.call('HDEL', tools, key)
    redis.call('ZREM', used, key)
    redis.call('ZREM', expiry, key)
    redis.call('ZREM', hits, key)
    return tool
  end

  for field, count in pairs(sums.looks) do
    redis.call('HINCRBY', prefix .. 'cache:counts', field, count)
  end
  for key, times in pairs(sums.hits) do
    if redis.call('HEXISTS', tools, key) == 1 then
      if sums.tracking then redis.call('ZINCRBY', hits, times, key) end
      if sums.lru then redis.call('ZADD', used, now, key) end
    end
  end
  for _, kept in ipairs(sums.kept) do
    local key, tool, ttl_ms, number = unpack(kept)
    redis.call('SET', prefix .. 'cache:' .. key, value(number), 'PX', ttl_ms)
    redis.call('HSET', tools, key, tool)
    redis.call('ZADD', used, now, key)
    redis.call('ZADD', expiry, now / 1000 + ttl_ms, key)
  end
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', expiry, '-inf', now / 1000, 'LIMIT', 0, 200)) do
    forget(key)
  end
  while redis.call('ZCARD', used) > sums.most do
    local key = redis.call('ZPOPMIN', used)[1]
    redis.call('DEL', prefix .. 'cache:' .. key)
    redis.call('HINCRBY', prefix .. 'cache:counts', (forget(key) or '') .. ' evictions', 1)
  end
end
