-- What report.lua and clear.lua both do. `prefix` and `now` are those of the script that this stands in.
-- A drop is remembered for an hour: no call that began before it lasts longer.
local REMEMBERED_US = 3600 * 1000000
local cache = {}
for _, name in ipairs({'tools', 'used', 'expiry', 'hits', 'tags', 'stale', 'dropped', 'counts', 'asked', 'read'}) do
  cache[name] = prefix .. 'cache:' .. name
end
local function tagged(tag) return prefix .. 'cache:tagged:' .. tag end

local function forget(key)
  local tool, tags = redis.call('HGET', cache.tools, key), redis.call('HGET', cache.tags, key)
  if tags then
    for _, tag in ipairs(cjson.decode(tags)) do redis.call('SREM', tagged(tag), key) end
    redis.call('HDEL', cache.tags, key)
  end
  redis.call('DEL', prefix .. 'cache:' .. key)
  for _, about in ipairs({'tools', 'stale', 'asked', 'read'}) do redis.call('HDEL', cache[about], key) end
  for _, order in ipairs({'used', 'expiry', 'hits'}) do redis.call('ZREM', cache[order], key) end
  return tool
end

local function forget_expired(most)
  local gone = redis.call('ZRANGEBYSCORE', cache.expiry, '-inf', now / 1000, 'LIMIT', 0, most)
  for _, key in ipairs(gone) do forget(key) end
end

local function keys_with(tag)
  local tool = string.match(tag, '^tool:(.*)$')
  if tag ~= '*' and not tool then return redis.call('SMEMBERS', tagged(tag)) end
  local keys, fields = {}, redis.call('HGETALL', cache.tools)
  for i = 1, #fields, 2 do
    if not tool or fields[i + 1] == tool then keys[#keys + 1] = fields[i] end
  end
  return keys
end

local function drop(tag)
  local keys = keys_with(tag)
  for _, key in ipairs(keys) do forget(key) end
  redis.call('ZADD', cache.dropped, now, tag)
  redis.call('ZREMRANGEBYSCORE', cache.dropped, '-inf', now - REMEMBERED_US)
  return #keys
end

-- Asked for every result that is to be kept, mostly of the same tags. What drops comes before in every script.
local dropped_at = {}
local function dropped_since(tag, since)
  local at = dropped_at[tag]
  if at == nil then
    at = tonumber(redis.call('ZSCORE', cache.dropped, tag) or -1)
    dropped_at[tag] = at
  end
  return at >= since
end
