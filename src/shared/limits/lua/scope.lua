--[[
  The state of one rate scope: one hash, read once and written once by a script.

  The same hash holds the buckets of the windows (see window.lua) and what is known of each process (see processes.lua). Times are milliseconds of Redis' clock; `granted:requests` also numbers the calls in the order in which they
  were let through, and "after" a refusal or a failure means a greater number, whatever the clock did.
]]
local NUMBERS = {
  -- The latest time seen, what the windows reach over, the width of their buckets, the first and last bucket in use.
  now = 0, horizonMs = 0, bucketMs = 0, tail = 0, head = 0,
  -- What is in the windows, what was ever let through, and what the pace is owed; see window.lua and pace.lua.
  ['window:requests'] = 0, ['window:tokens'] = 0,
  ['granted:requests'] = 0, ['granted:tokens'] = 0,
  ['debt:requests'] = 0, ['debt:tokens'] = 0,
  -- The part of reserved tokens that calls turn out to use, on the average.
  yield = 1,
  -- Limits: the lowest that is configured by workers heard of lately, and as the provider named them last, and when (0: none).
  ['configured:requests'] = 0, ['configured:tokens'] = 0,
  ['configuredAt:requests'] = 0, ['configuredAt:tokens'] = 0,
  ['learnt:requests'] = 0, ['learnt:tokens'] = 0,
  ['learntAt:requests'] = 0, ['learntAt:tokens'] = 0,
  -- What others use of the same limit, and until when that is believed; the call that told.
  ['external:requests'] = 0, ['external:tokens'] = 0,
  ['externalUntil:requests'] = 0, ['externalUntil:tokens'] = 0,
  seenAt = 0,
  -- 429s in a row, the last call let through before the last of them, and until when all wait.
  refusals = 0, refusedAt = 0, waitUntil = 0,
  -- Failing outcomes in a row; how often the breaker opened, its last call before, until when it is shut to all.
  failures = 0, openings = 0, openedAt = 0, breakerUntil = 0, unreachableSince = 0,
  -- Calls in flight at once where no limit is known; see provider.lua.
  cwnd = 16, slowStart = 1, cutAt = 0, latency = 0, baseline = 0, answers = 0,
  -- Numbers the waiting calls in the order in which they came.
  tickets = 0,
}
local TEXTS = {
  -- The one call that tries whether the provider answers again.
  probe = '',
  pausedReason = '', pausedMessage = '',
  -- What `scopes` says of this one.
  description = '',
}

-- Filled in by the script: keys by name, now, state, windowMs; `crowded` when half of the concurrency or more was in use.
local scope = { keys = {} }

local FIELDS = {}
for field in pairs(NUMBERS) do FIELDS[#FIELDS + 1] = field end
for field in pairs(TEXTS) do FIELDS[#FIELDS + 1] = field end

local function readState()
  local state, stored = {}, {}
  local values = redis.call('HMGET', scope.keys.state, unpack(FIELDS))
  for i, field in ipairs(FIELDS) do
    local text = TEXTS[field]
    if not values[i] then
      state[field] = text or NUMBERS[field]
    else
      stored[field] = text and values[i] or tonumber(values[i])
      state[field] = stored[field]
    end
  end
  scope.state, scope.stored = state, stored
end

local function writeState()
  local changes = {}
  for field, value in pairs(scope.state) do
    if scope.stored[field] ~= value then
      changes[#changes + 1] = field
      changes[#changes + 1] = value
    end
  end
  if #changes > 0 then redis.call('HSET', scope.keys.state, unpack(changes)) end
end

local IDLE_MS = 7 * 24 * 3600 * 1000

-- Lets a scope that nobody uses vanish; never a pause, nor, as the ledger holds what they reserved, calls in flight. `isDue`: the
-- times that run on while there are any are set again.
local function expire(isDue)
  local keys = scope.keys
  local isKept = scope.state.pausedReason ~= '' or redis.call('EXISTS', keys.deadlines) == 1
  if isKept then redis.call('PERSIST', keys.state) else redis.call('PEXPIRE', keys.state, IDLE_MS) end
  if isKept and not isDue then return end
  for _, key in ipairs({ keys.queue, keys.tickets, keys.processes }) do redis.call('PEXPIRE', key, IDLE_MS) end
end

-- The requests and the tokens of calls are limited in the same way: one list, with the names of what is kept for each.
local function resource(name)
  return {
    name = name,
    window = 'window:' .. name,
    granted = 'granted:' .. name,
    debt = 'debt:' .. name,
    configured = 'configured:' .. name,
    configuredAt = 'configuredAt:' .. name,
    learnt = 'learnt:' .. name,
    learntAt = 'learntAt:' .. name,
    external = 'external:' .. name,
    externalUntil = 'externalUntil:' .. name,
  }
end
local REQUESTS, TOKENS = resource('requests'), resource('tokens')
local RESOURCES = { REQUESTS, TOKENS }
