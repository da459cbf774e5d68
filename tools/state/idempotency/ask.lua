-- Arguments: key, fingerprint of the call, its owner, lease in ms. Ends with what became of an earlier call with the key:
-- another call, one that runs, or its ending. Else takes the key.
function parts.idempotency()
  local key, fingerprint, owner, lease_ms = argument(), argument(), argument(), argument()
  local kept = redis.call('GET', key)
  if not kept then
    when_all_agree(function() redis.call('SET', key, fingerprint .. 'R' .. owner, 'PX', lease_ms) end)
  elseif string.sub(kept, 1, #fingerprint) ~= fingerprint then
    return {1, 'idempotency', 'another'}
  elseif string.sub(kept, #fingerprint + 1, #fingerprint + 1) == 'R' then
    return {1, 'idempotency', 'runs'}
  else
    return {1, 'idempotency', 'ended', string.sub(kept, #fingerprint + 2)}
  end
end
