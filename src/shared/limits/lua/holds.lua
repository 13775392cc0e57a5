--[[
  Calls in flight. A hold is what a call took when it was let through; it ends once, by its outcome or by its deadline.

  Packed as MessagePack, whose whole numbers are exact: process, account, kind, tokens, nanoDollars (-1: no known price),
  bucket, time granted, number, for each resource what had left the books by then ("gone": ever granted − in the window), the
  room for the answer among the tokens, and its first deadline.
]]
local function readHold(id)
  local packed = redis.call('HGET', scope.keys.holds, id)
  if not packed then return nil end
  local f = cmsgpack.unpack(packed)
  return {
    process = f[1], account = f[2], kind = f[3], tokens = f[4], nanoDollars = f[5],
    bucket = f[6], grantedMs = f[7], number = f[8], gone = { requests = f[9], tokens = f[10] }, room = f[11], dueMs = f[12],
  }
end

-- Lets a call through whose worst case has been set aside already.
local function grant(ask, process, lifetimeMs)
  local state = scope.state
  local need = { requests = 1, tokens = ask.tokens }
  local bucket = charge(need)
  for _, r in ipairs(RESOURCES) do owe(r, need[r.name]) end
  redis.call('HSET', scope.keys.holds, ask.id, cmsgpack.pack({
    process, ask.account, ask.kind, ask.tokens, ask.nanoDollars or -1,
    bucket, scope.now, state[REQUESTS.granted],
    state[REQUESTS.granted] - state[REQUESTS.window], state[TOKENS.granted] - state[TOKENS.window],
    ask.room, scope.now + lifetimeMs,
  }))
  redis.call('ZADD', scope.keys.deadlines, scope.now + lifetimeMs, ask.id)
  countInFlight(process, 1)
  moveBoth(ask.account, 'inFlight', 1)
end

local USAGE = { 'promptTokens', 'cachedTokens', 'cacheWriteTokens', 'completionTokens' }

-- Counts a call in the ledger; one that was never sent is not counted.
local function book(outcome, hold)
  local account = hold.account
  local priced = hold.nanoDollars >= 0
  moveBoth(account, 'inFlight', -1)
  reserve(account, hold, -1)
  if outcome.kind == 'unsent' then return end
  moveBoth(account, hold.kind, 1)
  if outcome.kind == 'lost' then
    moveBoth(account, 'lostCalls', 1)
    moveBoth(account, 'lostTokens', hold.tokens)
    moveBoth(account, 'nanoDollars', math.max(0, hold.nanoDollars))
    moveBoth(account, 'unpricedCalls', (not priced and hold.tokens > 0) and 1 or 0)
  elseif outcome.kind == 'answered' then
    local usage = outcome.usage
    for _, field in ipairs(USAGE) do moveBoth(account, field, usage[field]) end
    moveBoth(account, 'nanoDollars', outcome.nanoDollars or 0)
    local used = usage.promptTokens + usage.completionTokens
    moveBoth(account, 'unpricedCalls', (not outcome.nanoDollars and used > 0) and 1 or 0)
  end
end

-- What an answered call took of the token limit. Where the provider charges what was reserved, that is the room it gave and the
-- prompt as it counted it, which had to be estimated.
local function charged(usage, hold, chargesUse)
  return usage.promptTokens + (chargesUse and usage.completionTokens or hold.room)
end

-- Takes out of window and pace what a call did not use. What is not known was used; a request that got an error reply was one.
local function giveBack(outcome, hold, chargesUse)
  local state = scope.state
  if outcome.kind == 'unsent' then
    recharge(REQUESTS, hold.bucket, -1)
    recharge(TOKENS, hold.bucket, -hold.tokens)
    owe(REQUESTS, -1)
    owe(TOKENS, -hold.tokens)
  elseif outcome.kind == 'answered' then
    -- An answer without a count of its tokens is no answer without tokens.
    if outcome.usage.promptTokens + outcome.usage.completionTokens == 0 then return end
    local used = charged(outcome.usage, hold, chargesUse)
    recharge(TOKENS, hold.bucket, used - hold.tokens)
    owe(TOKENS, used - hold.tokens)
    if hold.tokens > 0 then state.yield = 0.95 * state.yield + 0.05 * math.min(1, used / hold.tokens) end
  end
end

local function dropHold(id, hold)
  redis.call('HDEL', scope.keys.holds, id)
  redis.call('ZREM', scope.keys.deadlines, id)
  if hold then countInFlight(hold.process, -1) end
  if scope.state.probe == id then scope.state.probe = '' end
end

-- Ends a call. One that is not known has been ended before: the same outcome told twice changes nothing.
local function settle(outcome, config, backoff)
  local hold = readHold(outcome.id)
  if not hold then return end
  dropHold(outcome.id, hold)
  book(outcome, hold)
  giveBack(outcome, hold, config.charge == 'used')
  observe(outcome, hold, config, backoff)
end

local REAPED_AT_ONCE = 16
local EXCUSED_MS = 10000

-- When nobody was heard of for a while, Redis itself may have been away: whoever made the calls that fell due meanwhile gets
-- a little time to tell, once for each.
local function excuse(since)
  if scope.now - since <= SILENT_MS then return end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', scope.keys.deadlines, '(' .. since, scope.now)) do
    local hold = readHold(id)
    if hold and tonumber(redis.call('ZSCORE', scope.keys.deadlines, id)) <= hold.dueMs then
      redis.call('ZADD', scope.keys.deadlines, scope.now + EXCUSED_MS, id)
    end
  end
end

-- Gives up calls past their deadline: nobody will tell how they ended. `since`: when somebody was heard of last.
local function reap(since)
  excuse(since)
  local late = redis.call('ZRANGEBYSCORE', scope.keys.deadlines, '-inf', scope.now, 'LIMIT', 0, REAPED_AT_ONCE)
  for _, id in ipairs(late) do
    local hold = readHold(id)
    dropHold(id, hold)
    if hold then book({ kind = 'lost' }, hold) end
  end
end

local DEAD_MS = 15000
local LOOKED_AT = 64

-- Gives up calls of processes that have been silent for long, before their deadline: what they hold of a budget keeps others
-- waiting, who had better be told that it is spent. If such a process speaks again, its outcomes of these calls are ignored.
local function reapSilent()
  for _, id in ipairs(redis.call('ZRANGE', scope.keys.deadlines, 0, LOOKED_AT - 1)) do
    local hold = readHold(id)
    local heard = hold and tonumber(redis.call('ZSCORE', scope.keys.processes, hold.process) or '')
    if hold and (heard == nil or scope.now - heard > DEAD_MS) then
      dropHold(id, hold)
      book({ kind = 'lost' }, hold)
    end
  end
end
