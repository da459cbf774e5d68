-- ARGV: key, series, id, member, seconds of now, of the decision and of half a life, whether it is claimed already
-- ("1": Postgres said so), and the row to add. Answers what became of it, and the member's sums after it.
local key, id, member = ARGV[1], ARGV[3], ARGV[4]
local series, decision = key .. ':series:' .. ARGV[2], key .. ':decision:' .. id
local now, decided, half = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
if ARGV[8] ~= '1' and redis.call('EXISTS', decision) == 0 then
  return {'unknown'}
end
if redis.call('EXISTS', series) == 0 then
  return {'lost'}
end
if ARGV[8] ~= '1' and redis.call('HSETNX', decision, 'told', 1) == 0 then
  return {'repeated'}
end
local function fading(age)
  if half <= 0 or age <= 0 then return 1 end
  return 0.5 ^ (age / half)
end
local sums, at = {}, now
local known = redis.call('HGET', series, member)
if known then
  for number in string.gmatch(known, '%S+') do
    sums[#sums + 1] = tonumber(number)
  end
  at = table.remove(sums, 1)
  for _, sum in ipairs(sums) do
    if sum ~= sum or math.abs(sum) == math.huge then  -- it ran over: begun anew
      sums, at = {}, now
      break
    end
  end
end
local newest = math.max(at, now)
local older, share = fading(newest - at), fading(newest - decided)
local text = {string.format('%.17g', newest)}
for index = 9, #ARGV do
  local sum = (sums[index - 8] or 0) * older + tonumber(ARGV[index]) * share
  text[#text + 1] = string.format('%.17g', sum)
end
local value = table.concat(text, ' ')
redis.call('HSET', series, member, value)
redis.call('EXPIRE', series, 30 * 86400)
return {'counted', value}
