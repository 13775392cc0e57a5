--[=[
  All that one worker has to say about one rate scope, and what it gets: calls that ended, calls it wants to make.

  KEYS  1 state (hash)        2 queue (sorted set)   3 tickets (hash)         4 holds (hash)
        5 deadlines (sorted set)   6 processes (sorted set)   7 ledger (hash)   8 scopes (hash)
  ARGV  1 configuration, JSON: { scope, description, process, windowMs, guardMs, burst, requests, tokens (limits, 0: none),
            charge: 'used' | 'reserved', lifetimeMs, unreachableMs, fleetBudget: { nanoDollars?, tokens? }, backoff: { baseMs, maxMs } }
        2 message, JSON: { number, random,
            settlements: [CallOutcome and id; `seen` as { requests: { limit?, remaining?, resetMs? }, tokens: … }],
            asks: [{ id, account, kind, tokens, room (for the answer, among the tokens), nanoDollars? }], in the order in which they are to be served,
            cancelled: [id] }
          Lists may be at most 64 long. `asks` are all that wait: a ticket of this process that is not among them is dropped.
        3 the time in ms, or '' for Redis' own

  Returns {'stale'}   an older message than one that has been taken: nothing is done
        | {'ok', reply}, JSON: { granted: [[id, ms since]], refused: [[id, code, …]], sleepMs, waitMs, waitReason, budgetWait,
            paused: [reason, message] when it is, requests, tokens (shares of the limits in use, absent without limit) }; an empty
            list may be {}.
          Refusals: 'paused', reason, message | 'budget', account, unit, cap, spent, worst case | 'unpriced', account
            | 'too-large', limit
          sleepMs: when to ask again for what still waits, if there is nothing to settle before.

  Promises:
  - Within any windowMs at the provider no more than the limits, if a call reaches it at most guardMs after its grant; as long as
    a limit is only lowered from outside, from one window after that on. Tokens count as reserved until they are settled.
  - No more than `burst` of a limit, or one call, beyond what the pace has saved up.
  - First come, first served. What does not fit holds up all behind it, so that large calls get their turn; what fits is kept for
    a worker that is asleep. A worker that was not heard of for 3 s loses its place.
  - Spent, held and the worst case of every call let through together stay within the caps.
  - Said twice, it has happened once: calls are known by their ids from their grant to their end, and end once.

  Atomic because all of a provider's limits, and all of an account's budgets, are looked at and taken in one step.
]=]
local config, message = cjson.decode(ARGV[1]), cjson.decode(ARGV[2])
local process = config.process

scope.keys = {
  state = KEYS[1], queue = KEYS[2], tickets = KEYS[3], holds = KEYS[4],
  deadlines = KEYS[5], processes = KEYS[6], ledger = KEYS[7], scopes = KEYS[8],
}
expectType(KEYS[1], 'hash')
expectType(KEYS[2], 'zset')
expectType(KEYS[3], 'hash')
expectType(KEYS[4], 'hash')
expectType(KEYS[5], 'zset')
expectType(KEYS[6], 'zset')
expectType(KEYS[7], 'hash')
expectType(KEYS[8], 'hash')

scope.now = clock(ARGV[3])
scope.windowMs = config.windowMs
local numberField = 'exchange:' .. process
if message.number < tonumber(redis.call('HGET', KEYS[1], numberField) or 0) then return { 'stale' } end

readState()
local state = scope.state
local since = state.now
-- First of all writes one that Redis refuses when its memory is used up, before anything has changed.
redis.call('HSET', KEYS[1], numberField, message.number)
redis.call('ZADD', KEYS[6], math.max(scope.now, 0), process)
alive[process] = true
if message.number % 64 == 0 then forgetProcesses() end
if state.description ~= config.description then
  state.description = config.description
  redis.call('HSET', KEYS[8], config.scope, config.description)
end

state[REQUESTS.configured], state[TOKENS.configured] = config.requests, config.tokens
slideWindows(config.windowMs + config.guardMs)
readLimits(config.burst)
payOff(since)

scope.crowded = redis.call('ZCARD', KEYS[5]) >= state.cwnd / 2
config.backoff.random = message.random
for _, outcome in ipairs(message.settlements) do settle(outcome, config, config.backoff) end
for _, id in ipairs(message.cancelled) do
  dropTicket(id)
  settle({ id = id, kind = 'unsent' }, config, config.backoff)
end
reap()
readLimits(config.burst)
state.now = scope.now

local reply = { granted = {}, refused = {}, sleepMs = 1000, budgetWait = false }

-- Let through before, if the reply was lost.
local asks = {}
for _, ask in ipairs(message.asks) do
  local hold = readHold(ask.id)
  if hold then
    reply.granted[#reply.granted + 1] = { ask.id, scope.now - hold.grantedMs }
  else
    asks[#asks + 1] = ask
  end
end

local shutUntil = math.max(state.waitUntil, state.breakerUntil)
-- After failures, or 429s in a row, one call at a time tries the provider.
local probing = state.openings > 0 or state.refusals >= 2

local function concurrencyLeft()
  if scope.now < shutUntil then return 0 end
  if probing then return state.probe == '' and 1 or 0 end
  if REQUESTS.limit or TOKENS.limit then return math.huge end
  return math.floor(state.cwnd) - redis.call('ZCARD', KEYS[5])
end

local function refusalOf(ask)
  if state.pausedReason ~= '' then return { ask.id, 'paused', state.pausedReason, state.pausedMessage } end
  if TOKENS.limit and ask.tokens > TOKENS.limit then return { ask.id, 'too-large', digits(TOKENS.limit) } end
  return nil
end

local POLL_MS = 250

-- How long a process sleeps whose first waiting call is this one.
local function sleepFor(entry, ahead, left)
  if scope.now < shutUntil then return shutUntil - scope.now end
  if left <= 0 then
    -- A process learns of its own answers at once; those of others free a place now and then.
    if probing or state.answers == 0 then return POLL_MS end
    return math.min(POLL_MS, math.max(5, state.latency / 8))
  end
  local ms = msUntilFits({ requests = 1, tokens = entry.tokens }, ahead)
  -- A little later than could be lets several calls go with one exchange; the pace saves up what is not used in between.
  return math.max(ms, math.min(100, config.windowMs / 600))
end

local function serve()
  if #asks == 0 then return end
  local line, outOfSight = inOrder(asks, process)
  local ahead = { requests = 0, tokens = 0 }
  local left = concurrencyLeft()
  local sleeping = false
  for _, entry in ipairs(line) do
    local ask = entry.ask
    local refusal = ask and (refusalOf(ask) or unaffordable(ask.account, ask)
      or unaffordable(FLEET, ask, config.fleetBudget))
    -- Waits for calls of its account, or of the fleet's budget: nobody behind it has to.
    local forBudget = entry.forBudget
    if ask then forBudget = refusal == 'wait' end
    if ask and refusal and not forBudget then
      reply.refused[#reply.refused + 1] = refusal
      if entry.waiting then dropTicket(entry.id) end
    elseif forBudget then
      if ask then
        reply.budgetWait = true
        reply.sleepMs = math.min(reply.sleepMs, POLL_MS)
        if not entry.waiting then
          enqueue(entry.id, process, entry.tokens, true)
        elseif not entry.forBudget then
          putTicket(entry.id, process, entry.tokens, true)
        end
      end
    else
      local need = { requests = 1, tokens = entry.tokens }
      -- What does not fit is set aside for as well: nothing behind it fits either.
      if ask and left > 0 and fits(need, ahead) then
        grant(ask, process, config.lifetimeMs)
        if probing then state.probe = ask.id end
        if entry.waiting then dropTicket(entry.id) end
        reply.granted[#reply.granted + 1] = { ask.id, 0 }
        left = left - 1
      else
        if ask and not sleeping then
          sleeping = true
          reply.sleepMs = math.min(reply.sleepMs, sleepFor(entry, ahead, left))
        end
        if ask and not entry.waiting then
          enqueue(entry.id, process, entry.tokens, false)
        elseif ask and entry.forBudget then
          putTicket(entry.id, process, entry.tokens, false)
        end
        ahead.requests = ahead.requests + 1
        ahead.tokens = ahead.tokens + entry.tokens
        left = left - 1
      end
    end
  end
  for _, entry in ipairs(outOfSight) do enqueue(entry.id, process, entry.tokens, false) end
end
serve()

writeLedger()
writeState()

reply.sleepMs = math.ceil(math.min(1000, math.max(2, reply.sleepMs)))
reply.waitMs = math.max(0, shutUntil - scope.now)
reply.waitReason = ''
if reply.waitMs > 0 then
  reply.waitReason = state.waitUntil >= state.breakerUntil and 'rate_limited'
    or state.unreachableSince > 0 and 'unreachable' or 'failing'
end
reply.paused = state.pausedReason ~= '' and { state.pausedReason, state.pausedMessage } or nil
for _, r in ipairs(RESOURCES) do
  if r.limit then reply[r.name] = state[r.window] / r.limit end
end
return { 'ok', cjson.encode(reply) }
