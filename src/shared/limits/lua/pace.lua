--[[
  Limits in force, and the pace at which they are used: a token bucket for each resource, kept as what it is owed (0: full).

  A provider may measure a limit per minute in much shorter spans: no more than `burst` of it, or one request, goes at once. One
  request that is larger than the whole bucket goes when it is full, and is paid off afterwards. The pace is what the window
  sustains, so that in the long run the window has room whenever the pace has.
]]
local LEARNT_FOR_WINDOWS = 10

-- Of the limits that workers are configured with the lowest counts, for as long as one is heard of that has it.
local function noteLimits(config)
  local state = scope.state
  for _, r in ipairs(RESOURCES) do
    local limit, current = config[r.name], state[r.configured]
    local isLowest = limit > 0 and (current == 0 or limit <= current)
    if isLowest or limit == current or scope.now - state[r.configuredAt] > SILENT_MS then
      state[r.configured], state[r.configuredAt] = limit, scope.now
    end
    -- It may have been raised, or have been that of a moment.
    if scope.now - state[r.learntAt] > LEARNT_FOR_WINDOWS * config.windowMs then state[r.learnt] = 0 end
  end
end

local function isLearnt(r)
  local configured, learnt = scope.state[r.configured], scope.state[r.learnt]
  return learnt > 0 and (configured == 0 or learnt < configured)
end

local function limitOf(r)
  local limit = scope.state[isLearnt(r) and r.learnt or r.configured]
  return limit > 0 and limit or nil
end

-- What this script goes by: `limit`, `left` of it for us, `capacity` and `rate` (per millisecond) of the pace.
local function readLimits(burst)
  local state = scope.state
  for _, r in ipairs(RESOURCES) do
    r.limit = limitOf(r)
    if r.limit then
      local external = scope.now < state[r.externalUntil] and state[r.external] or 0
      -- Others' use comes off the provider's limit; one that was configured lower may leave room for it already.
      local theirs = state[r.learnt] > 0 and state[r.learnt] or r.limit
      r.left = math.max(0, math.min(r.limit, theirs - external))
      r.capacity = math.max(r == REQUESTS and 1 or 0, burst * r.limit)
      r.rate = r.left / (state.horizonMs + state.bucketMs)
    end
  end
end

-- Pays off what has become due since the last exchange. What was owed under a higher limit is paid off within a window.
local function payOff(since)
  for _, r in ipairs(RESOURCES) do
    local debt = 0
    if r.limit then debt = math.min(scope.state[r.debt], r.limit) - r.rate * math.max(0, scope.now - since) end
    scope.state[r.debt] = math.max(0, debt)
  end
end

local function owe(r, amount)
  scope.state[r.debt] = math.max(0, scope.state[r.debt] + amount)
end

-- How far a call is from fitting behind what is set aside for those ahead of it: in the pace, in the window.
local function shortage(r, need, ahead)
  local state = scope.state
  local amount, before = need[r.name], ahead[r.name]
  return state[r.debt] + before + math.min(amount, r.capacity) - r.capacity,
    state[r.window] + before + amount - r.left
end

local function fits(need, ahead)
  for _, r in ipairs(RESOURCES) do
    if r.limit then
      local pace, window = shortage(r, need, ahead)
      if pace > EPSILON or window > 0 then return false end
    end
  end
  return true
end

-- However little calls use of what they reserve: to ask much sooner than a call is sure to fit would be to ask often.
local LEAST_YIELD = 0.25

-- When a call is expected to fit. Tokens come back when calls have used fewer than they reserved: reckoned with what they used so far.
local function msUntilFits(need, ahead)
  local longest = 0
  for _, r in ipairs(RESOURCES) do
    if r.limit then
      local pace, window = shortage(r, need, ahead)
      local ms = 0
      if pace > EPSILON then ms = pace / r.rate end
      if window > 0 then ms = math.max(ms, msUntilFreed(r, window)) end
      if r == TOKENS then ms = ms * math.max(LEAST_YIELD, scope.state.yield) end
      longest = math.max(longest, ms)
    end
  end
  return longest
end
