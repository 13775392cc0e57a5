--[=[
  All that one worker has to say about one rate scope, and what it gets: calls that ended, calls it wants to make.

  KEYS  1 state (hash)        2 queue (sorted set)   3 tickets (hash)         4 holds (hash)
        5 deadlines (sorted set)   6 processes (sorted set)   7 ledger (hash)   8 scopes (hash)
  ARGV  1 configuration, JSON: { scope, description, process, windowMs, guardMs, burst, requests, tokens (limits, 0: none),
            charge: 'used' | 'reserved', lifetimeMs, unreachableMs, fleetBudget: { nanoDollars?, tokens? }, backoff: { baseMs, maxMs } }
        2 message, JSON: { number, random, confirmed (the number of the process' last message that was answered; 0: none),
            settlements: [CallOutcome and id; `seen` as { requests: { limit?, remaining?, resetMs? }, tokens: … }],
            asks: [{ id, account, kind, tokens, room (for the answer, among the tokens), nanoDollars? }], in the order in which they are to be served,
            cancelled: [id] }
          Lists may be at most 64 long. `asks` are all that wait: a ticket of this process that is not among them is dropped.
        3 the time in ms, or '' for Redis' own

  Returns {'stale'}   an older message than one that has been taken: nothing is done
        | {'ok', reply}, JSON: { granted: [[id, ms since]], refused: [[id, code, …]], sleepMs, waitMs, waitReason, budgetWait,
            paused: [reason, message] when it is, requests, tokens (shares of the limits in use), tokenLimit (all three
            absent without limit) }; an empty list may be {}.
          Refusals: 'paused', reason, message | 'budget', account, unit, cap, spent, worst case | 'unpriced', account
            | 'too-large', limit, whose: 'configured' | 'learnt' from the provider
          sleepMs: when to ask again for what still waits, if there is nothing to settle before. A process with calls that wait or
            are in flight says something every second.
          budgetWait: some of the asks fit their budget only once calls in flight have ended. They have no place in line.

  Promises:
  - Within any windowMs at the provider no more than the limits, if a call reaches it at most guardMs after its grant; as long as
    a limit is only lowered from outside, from one window after that on. Tokens count as reserved until they are settled. Of
    workers with different limits the lowest counts. If Redis forgot the scope under running workers, the windows start full.
    A limit that only the provider named is forgotten when it has not been named again for ten windows.
  - No more than `burst` of a limit, or one call, beyond what the pace has saved up.
  - First come, first served, among calls that their budget has room for. What does not fit holds up all behind it, so that large
    calls get their turn; what fits is kept for a worker that is asleep.
  - A worker that was not heard of for 3 s loses its place; its calls in flight no longer count where concurrency is what is
    limited, and try the provider for nobody. In windows and budgets they count on.
  - Spent, held and the worst case of every call let through together stay within the caps.
  - Said twice, it has happened once: calls are known by their ids from their grant to their end, and end once. They end by
    their outcome or, unknown, at their deadline; later if nobody was heard of when it came, and sooner, 15 s after their worker
    fell silent, where others wait for what they hold of a budget.
  - A scope that nobody uses vanishes after a week, unless it is paused or a call is in flight.

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
local isForgotten = since == 0 and message.confirmed > 0
-- First of all writes one that Redis refuses when its memory is used up, before anything has changed.
redis.call('HSET', KEYS[1], numberField, message.number)
slideWindows(config.windowMs + config.guardMs, config.lifetimeMs)
hearOf(process)
-- With a process' first message and now and then.
local isDue = message.number % 64 == 1
if isDue then forgetProcesses() end
if state.description ~= config.description then
  state.description = config.description
  redis.call('HSET', KEYS[8], config.scope, config.description)
end

noteLimits(config)
readLimits(config.burst)
payOff(since)
if isForgotten then fillWindows() end

local function hasLimit()
  return REQUESTS.limit ~= nil or TOKENS.limit ~= nil
end

scope.crowded = not hasLimit() and inFlight() >= state.cwnd / 2
config.backoff.random = message.random
for _, outcome in ipairs(message.settlements) do settle(outcome, config, config.backoff) end
dropTickets(message.cancelled)
for _, id in ipairs(message.cancelled) do settle({ id = id, kind = 'unsent' }, config, config.backoff) end
reap(since)
readLimits(config.burst)
state.now = scope.now

local POLL_MS = 250
local SHORTEST_POLL_MS = 25

local reply = { granted = {}, refused = {}, sleepMs = 1000, budgetWait = false }

local function sleepAtMost(ms)
  reply.sleepMs = math.min(reply.sleepMs, ms)
end

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

local function isTrying()
  local hold = state.probe ~= '' and readHold(state.probe)
  return hold and isAlive(hold.process)
end

local function concurrencyLeft()
  if scope.now < shutUntil then return 0 end
  if probing then return isTrying() and 0 or 1 end
  if hasLimit() then return math.huge end
  return math.floor(state.cwnd) - inFlight()
end

local function refusalOf(ask)
  if state.pausedReason ~= '' then return { ask.id, 'paused', state.pausedReason, state.pausedMessage } end
  if TOKENS.limit and ask.tokens > TOKENS.limit then
    return { ask.id, 'too-large', digits(TOKENS.limit), isLearnt(TOKENS) and 'learnt' or 'configured' }
  end
  return nil
end

-- The asks whose budgets have room for all of them; that is set aside. Of the others some wait for calls in flight, unqueued, so
-- that nobody waits behind them.
local function affordable()
  local able = {}
  for _, ask in ipairs(asks) do
    local refusal = refusalOf(ask) or unaffordable(ask.account, ask) or unaffordable(FLEET, ask, config.fleetBudget)
    if not refusal then
      reserve(ask.account, ask, 1)
      able[#able + 1] = ask
    elseif refusal == 'wait' then
      reply.budgetWait = true
      sleepAtMost(POLL_MS)
    else
      reply.refused[#reply.refused + 1] = refusal
    end
  end
  return able
end

-- How long a process sleeps whose first waiting call is this one.
local function sleepFor(entry, ahead, left)
  if scope.now < shutUntil then return shutUntil - scope.now end
  if left <= 0 then
    -- A process learns of its own answers at once; those of others free a place now and then.
    if probing or state.answers == 0 then return POLL_MS end
    return math.min(POLL_MS, math.max(SHORTEST_POLL_MS, state.latency / 8))
  end
  local ms = msUntilFits({ requests = 1, tokens = entry.tokens }, ahead)
  -- A little later than could be lets several calls go with one exchange; the pace saves up what is not used in between.
  return math.max(ms, math.min(100, config.windowMs / 600))
end

local function serve()
  local able = affordable()
  -- After a silence of everybody Redis was away, and nobody is known to be dead.
  if reply.budgetWait and scope.now - since <= SILENT_MS then reapSilent() end
  local line, outOfSight, comeBack = inOrder(able, process)
  local ahead = { requests = 0, tokens = 0 }
  local left = concurrencyLeft()
  local granted, served, isFirst = {}, {}, true
  for _, entry in ipairs(line) do
    local ask = entry.ask
    local need = { requests = 1, tokens = entry.tokens }
    -- What does not fit is set aside for as well: nothing behind it fits either.
    if ask and left > 0 and fits(need, ahead) then
      grant(ask, process, config.lifetimeMs)
      if probing then state.probe = ask.id end
      if entry.waiting then served[#served + 1] = ask.id end
      granted[ask.id] = true
      reply.granted[#reply.granted + 1] = { ask.id, 0 }
    else
      if ask and isFirst then
        isFirst = false
        sleepAtMost(sleepFor(entry, ahead, left))
      end
      if ask and not entry.waiting then enqueue(entry.id, process, entry.tokens) end
      ahead.requests = ahead.requests + 1
      ahead.tokens = ahead.tokens + entry.tokens
    end
    left = left - 1
  end
  dropTickets(served)
  for _, entry in ipairs(outOfSight) do enqueue(entry.id, process, entry.tokens) end
  if comeBack and #able > 0 then sleepAtMost(0) end
  for _, ask in ipairs(able) do
    if not granted[ask.id] then reserve(ask.account, ask, -1) end
  end
end
serve()

writeLedger()
writeState()
expire(isDue)

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
reply.tokenLimit = TOKENS.limit
return { 'ok', cjson.encode(reply) }
