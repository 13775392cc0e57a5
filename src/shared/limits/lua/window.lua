--[[
  Sliding windows: what was let through within the last `horizonMs`, in buckets of 1/600 of it.

  A request reaches the provider up to `guard` later than it is let through. So whatever reaches it within a window was let
  through within window + guard: the horizon. A bucket counts until its youngest possible call is older than that, which
  errs on the safe side by one bucket. Buckets are the fields `requests:<start>` and `tokens:<start>` of the state.
]]
local BUCKETS = 600

local function bucketField(r, start)
  return r.name .. ':' .. start
end

local function bucketAt(at)
  return at - at % scope.state.bucketMs
end

-- Forgets the buckets up to one; there are never more than a horizon's, since nothing is added before the old are gone.
local function dropBuckets(last)
  local state = scope.state
  local fields = {}
  for start = state.tail, last, state.bucketMs do
    fields[#fields + 1] = bucketField(REQUESTS, start)
    fields[#fields + 1] = bucketField(TOKENS, start)
  end
  if #fields == 0 then return end
  local amounts = redis.call('HMGET', scope.keys.state, unpack(fields))
  for i = 1, #fields, 2 do
    state[REQUESTS.window] = state[REQUESTS.window] - (tonumber(amounts[i] or 0))
    state[TOKENS.window] = state[TOKENS.window] - (tonumber(amounts[i + 1] or 0))
  end
  redis.call('HDEL', scope.keys.state, unpack(fields))
  state.tail = last + state.bucketMs
end

-- All that the windows hold is taken to be of this moment: never too little is counted.
local function regrid(horizonMs)
  local state = scope.state
  local requests, tokens = state[REQUESTS.window], state[TOKENS.window]
  if state.bucketMs > 0 then dropBuckets(state.head) end
  state.horizonMs = horizonMs
  state.bucketMs = math.max(1, math.ceil(horizonMs / BUCKETS))
  state.tail = bucketAt(scope.now)
  state.head = state.tail
  state[REQUESTS.window], state[TOKENS.window] = requests, tokens
  redis.call('HSET', scope.keys.state,
    bucketField(REQUESTS, state.tail), requests, bucketField(TOKENS, state.tail), tokens)
end

-- The clock was set back by more than a horizon: no time that was noted may lie ahead.
local function startOver(lifetimeMs)
  local state = scope.state
  for _, field in ipairs({
    'waitUntil', 'breakerUntil', 'unreachableSince', REQUESTS.externalUntil, TOKENS.externalUntil,
    REQUESTS.configuredAt, TOKENS.configuredAt, REQUESTS.learntAt, TOKENS.learntAt,
  }) do
    state[field] = math.min(state[field], scope.now)
  end
  clampTimes(scope.keys.deadlines, scope.now + lifetimeMs)
  clampTimes(scope.keys.processes, scope.now)
  regrid(state.horizonMs)
end

-- Brings the windows to now. The clock may step back: a little is waited out, more than a horizon is started over from.
-- Workers may disagree about the horizon: the widest holds until nothing is left in it.
local function slideWindows(horizonMs, lifetimeMs)
  local state = scope.state
  if scope.now < state.now then
    if state.now - scope.now <= state.horizonMs then
      scope.now = state.now
    else
      startOver(lifetimeMs)
    end
  end
  if state.bucketMs > 0 then
    -- The start of the last bucket that no longer counts.
    local last = bucketAt(scope.now - state.horizonMs - state.bucketMs)
    dropBuckets(math.min(last, state.head))
  end
  local empty = state[REQUESTS.window] == 0 and state[TOKENS.window] == 0
  if horizonMs > state.horizonMs or (empty and horizonMs ~= state.horizonMs) then regrid(horizonMs) end
end

-- Adds to the bucket of now what one call takes; returns the bucket.
local function charge(need)
  local state = scope.state
  local start = bucketAt(scope.now)
  if state.tail > state.head then state.tail = start end
  state.head = start
  for _, r in ipairs(RESOURCES) do
    redis.call('HINCRBY', scope.keys.state, bucketField(r, start), need[r.name])
    state[r.window] = state[r.window] + need[r.name]
    state[r.granted] = state[r.granted] + need[r.name]
  end
  return start
end

-- Changes what a call took, in the bucket it was let through in; nothing when that is no longer counted.
local function recharge(r, start, change)
  local state = scope.state
  if change == 0 or start < state.tail or start > state.head then return end
  if redis.call('HEXISTS', scope.keys.state, bucketField(r, start)) == 0 then return end
  redis.call('HINCRBY', scope.keys.state, bucketField(r, start), change)
  state[r.window] = state[r.window] + change
end

-- Nothing is known of what has reached the provider lately: it may be all that it lets through.
local function fillWindows()
  charge({ requests = REQUESTS.limit or 0, tokens = TOKENS.limit or 0 })
end

local LOOK_AHEAD = 64

-- How long until so much has left a window, or, where that is far off, until as much has left as is looked at.
local function msUntilFreed(r, amount)
  local state = scope.state
  local fields, starts = {}, {}
  for start = state.tail, state.head, state.bucketMs do
    fields[#fields + 1] = bucketField(r, start)
    starts[#starts + 1] = start
    if #fields == LOOK_AHEAD then break end
  end
  if #fields == 0 then return math.huge end
  local amounts = redis.call('HMGET', scope.keys.state, unpack(fields))
  local last = #fields
  for i = 1, #fields do
    amount = amount - tonumber(amounts[i] or 0)
    if amount <= 0 then
      last = i
      break
    end
  end
  return starts[last] + state.bucketMs + state.horizonMs - scope.now
end
