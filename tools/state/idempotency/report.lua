-- Calls with a key that ended: key, fingerprint, owner, number of the ending's value (0: the key is free again), time to keep it.
function parts.idempotency(settled)
  for _, one in ipairs(settled) do
    local name, fingerprint, owner, ending, keep_ms = unpack(one)
    local key = prefix .. 'idempotency:' .. name
    local kept = redis.call('GET', key)
    -- After its lease another call may have taken the key: then this one has no say in it.
    if not kept or kept == fingerprint .. 'R' .. owner then
      if ending > 0 then
        redis.call('SET', key, fingerprint .. 'E' .. value(ending), 'PX', keep_ms)
      else
        redis.call('DEL', key)
      end
    end
  end
end
