-- Argument: key of the kept result. Answers with it.
function parts.results()
  local kept = redis.call('GET', argument())
  if kept then return {1, 'results', kept} end
end
