-- Arguments: '1' to be told what is left, number of quotas, then for each its name, owner's key, period, limit and what a call
-- counts as. Refuses with the time until the last of those that are used up begins anew, and that one's name. A period is a
-- day or month of UTC. Grants, if told, for each its name, what is left of it and the time until it begins anew.
local DAY = 86400 * 1000000

-- The month of a day (days since 1970) as a number that goes up by one, and the day that ends it.
-- Years are counted from March, so that a leap day is a year's last.
local function month_of(day)
  local function first_day(month)
    local year, of_year = math.floor((month - 2) / 12), (month - 2) % 12
    local leaps = math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400)
    return year * 365 + leaps + math.floor((153 * of_year + 2) / 5) - 719468
  end
  local month = math.floor((day + 719528) / 30.436875)
  while first_day(month) > day do month = month - 1 end
  while first_day(month + 1) <= day do month = month + 1 end
  return month, first_day(month + 1)
end

function parts.quotas()
  local day = math.floor(now / DAY)
  local longest, refused_by, left = 0, nil, argument() == '1' and {}
  for _ = 1, tonumber(argument()) do
    local name, key, period, limit, each = argument(), argument(), argument(), tonumber(argument()), argument()
    local number, ends = day, day + 1
    if period == 'month' then number, ends = month_of(day) end
    local counter = key .. ':' .. period .. ':' .. number
    local wait = ends * DAY - now
    if tonumber(redis.call('GET', counter) or 0) >= limit and wait > longest then
      longest, refused_by = wait, name
    end
    when_all_agree(function()
      local used = redis.call('INCRBY', counter, each)
      if left then
        left[#left + 1] = name
        left[#left + 1] = math.max(0, limit - used)
        left[#left + 1] = string.format('%.0f', wait)
      end
      redis.call('PEXPIRE', counter, math.ceil(wait / 1000) + 60000)
    end)
  end
  if refused_by then return {1, 'quotas', string.format('%.0f', longest), refused_by} end
  if left then when_all_agree(function() grant('quotas', left) end) end
end
