--[[
  What the fleet learns from how calls end: limits, other users of the same key, when to wait, when to stop.

  `backoff` has baseMs, maxMs and random, uniform in [0, 1) and drawn by the worker: exponential with full jitter.
]]
-- Other users' share that may as well be two clocks that disagree.
local NOTICEABLE = 0.02
local LONGEST_RESET_MS = 600000

local function backoffMs(backoff, times)
  return backoff.random * math.min(backoff.maxMs, backoff.baseMs * 2 ^ math.min(times - 1, 30))
end

-- Reads `x-ratelimit-*`, unless a call that was let through later has been read. What the provider says is used, but is not by
-- our books, others use: theirs is as of some moment of the call, so that ours count all that was let through until now.
local function observeLimits(seen, hold)
  local state = scope.state
  if hold.number < state.seenAt then return end
  state.seenAt = hold.number
  for _, r in ipairs(RESOURCES) do
    local told = seen[r.name] or {}
    if told.limit and told.limit >= 1 then
      state[r.learnt], state[r.learntAt] = math.floor(told.limit), scope.now
    end
    local limit = told.limit or limitOf(r)
    if told.remaining and limit then
      local ours = state[r.granted] - hold.gone[r.name]
      local external = limit - told.remaining - ours
      state[r.external] = external > NOTICEABLE * limit and external or 0
      state[r.externalUntil] = scope.now + math.min(told.resetMs or scope.windowMs, LONGEST_RESET_MS)
    end
  end
end

--[[
  Concurrency where no limit is known (additive increase, multiplicative decrease: Chiu and Jain, 1989; slow start: Jacobson,
  1988): grows by 1 an answer, later by 1 a round of answers; halved by a 429, once for all calls in flight with it; × 0.9 when
  calls take over twice as long as they used to, 250 ms at the least.
]]
local WARM_UP = 16
local WIDEST = 4096

local function narrow(factor)
  local state = scope.state
  state.cwnd = math.max(1, state.cwnd * factor)
  state.slowStart = 0
  state.cutAt = state[REQUESTS.granted]
end

local function observeLatency(latencyMs, hold)
  local state = scope.state
  state.answers = state.answers + 1
  state.latency = state.answers == 1 and latencyMs or 0.9 * state.latency + 0.1 * latencyMs
  if state.answers <= WARM_UP then
    state.baseline = state.latency
  else
    state.baseline = math.min(state.latency, state.baseline * 1.001)
  end
  if state.latency > 2 * state.baseline + 250 then
    if hold.number > state.cutAt then narrow(0.9) end
    return
  end
  -- Only concurrency that is made use of says anything about more of it.
  if not scope.crowded then return end
  state.cwnd = math.min(WIDEST, state.cwnd + (state.slowStart == 1 and 1 or 1 / state.cwnd))
end

-- A 429: all wait for as long as the provider asks, and a backoff more. Calls that were under way already when the last one
-- was refused belong to the same refusal.
local function observeRefusal(retryAfterMs, hold, backoff)
  local state = scope.state
  local waitMs = retryAfterMs or 0
  if hold.number > state.refusedAt then
    state.refusals = state.refusals + 1
    state.refusedAt = state[REQUESTS.granted]
    waitMs = waitMs + backoffMs(backoff, state.refusals)
    narrow(0.5)
  end
  state.waitUntil = math.max(state.waitUntil, scope.now + waitMs)
end

local FAILURES_TO_OPEN = 5

-- The breaker: after so many failures in a row all wait, then one call at a time tries whether that is over.
local function observeFailure(hold, backoff)
  local state = scope.state
  state.failures = state.failures + 1
  if state.failures < FAILURES_TO_OPEN then return end
  if state.openings > 0 and hold.number <= state.openedAt then return end
  state.openings = state.openings + 1
  state.openedAt = state[REQUESTS.granted]
  state.breakerUntil = scope.now + backoffMs(backoff, state.openings)
end

local function observeUnreachable(pauseAfterMs)
  local state = scope.state
  if state.unreachableSince == 0 then state.unreachableSince = scope.now end
  local forMs = scope.now - state.unreachableSince
  if state.openings == 0 or forMs < pauseAfterMs or state.pausedReason ~= '' then return end
  state.pausedReason = 'unreachable'
  state.pausedMessage = 'no connection to the model endpoint came about for ' .. math.floor(forMs / 1000) .. ' s'
end

local function observeReply()
  local state = scope.state
  state.failures, state.openings, state.breakerUntil, state.unreachableSince = 0, 0, 0, 0
end

-- `outcome` is a CallOutcome; see exchange-8.lua.
local function observe(outcome, hold, config, backoff)
  local state = scope.state
  if outcome.seen then observeLimits(outcome.seen, hold) end
  if outcome.kind == 'answered' or outcome.kind == 'refused' then
    state.unreachableSince = 0
    if outcome.failing then observeFailure(hold, backoff) else observeReply() end
    if outcome.rateLimited then
      observeRefusal(outcome.rateLimited.retryAfterMs, hold, backoff)
    elseif outcome.kind == 'answered' and not outcome.failing then
      if hold.number > state.refusedAt then state.refusals = 0 end
      if not REQUESTS.limit and not TOKENS.limit then observeLatency(outcome.latencyMs, hold) end
    end
  elseif outcome.kind == 'lost' and outcome.failing then
    state.unreachableSince = 0
    observeFailure(hold, backoff)
  elseif outcome.kind == 'unsent' and outcome.unreachable then
    observeFailure(hold, backoff)
    observeUnreachable(config.unreachableMs)
  end
end
