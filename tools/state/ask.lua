-- One question of one call, answered by the parts of shared state that it concerns, in their order.
-- ARGV: now ('' for the server's clock), tool, then for each part its name and its arguments. Times are in microseconds.
-- Answers {1, part, value, …} where a part answers or refuses the call, else {0, part, value, …} with what was granted.
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local tool, at = ARGV[2], 3
local function argument()
  at = at + 1
  return ARGV[at - 1]
end

-- A part returns {1, …} to end the question, and writes nothing before all have agreed: that is done by its commit.
local parts, commits, granted = {}, {}, {0}
local function when_all_agree(commit) commits[#commits + 1] = commit end
local function grant(part, value)
  granted[#granted + 1] = part
  granted[#granted + 1] = value
end
-- PARTS --
while ARGV[at] do
  local ending = parts[argument()]()
  if ending then return ending end
end
for _, commit in ipairs(commits) do commit() end
return granted
