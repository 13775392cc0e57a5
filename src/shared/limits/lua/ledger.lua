--[[
  What accounts have spent, hold and may spend: fields `<account>:<field>` of one hash; see ledger.ts. Every movement of
  a script is gathered and written once.
]]
local FLEET = 'fleet'

-- Account → field → amount.
local moved = {}

local function move(account, field, amount)
  local fields = moved[account]
  if not fields then
    fields = {}
    moved[account] = fields
  end
  fields[field] = (fields[field] or 0) + amount
end

-- What a call takes is its account's and the fleet's.
local function moveBoth(account, field, amount)
  move(account, field, amount)
  move(FLEET, field, amount)
end

-- Sets aside the worst case of a call, or gives it back (-1).
local function reserve(account, call, sign)
  moveBoth(account, 'held:tokens', sign * call.tokens)
  moveBoth(account, 'held:nanoDollars', sign * math.max(0, call.nanoDollars or 0))
end

local function writeLedger()
  for account, fields in pairs(moved) do
    for field, amount in pairs(fields) do
      if amount ~= 0 then redis.call('HINCRBY', scope.keys.ledger, account .. ':' .. field, amount) end
    end
  end
end

local BALANCE = {
  'nanoDollars', 'promptTokens', 'completionTokens', 'lostTokens', 'held:nanoDollars', 'held:tokens',
  'budget:nanoDollars', 'budget:tokens',
}
local balances = {}

-- What budgets go by, as of this moment of the script; nil without a budget. The fleet's caps come with the exchange.
local function balanceOf(account, caps)
  if not balances[account] then
    local fields = {}
    for i, field in ipairs(BALANCE) do fields[i] = account .. ':' .. field end
    local values = redis.call('HMGET', scope.keys.ledger, unpack(fields))
    local stored = {}
    for i, field in ipairs(BALANCE) do stored[field] = tonumber(values[i] or '') end
    balances[account] = stored
  end
  local stored = balances[account]
  local dollarCap = caps and caps.nanoDollars or stored['budget:nanoDollars']
  local tokenCap = caps and caps.tokens or stored['budget:tokens']
  if not dollarCap and not tokenCap then return nil end
  local function current(field)
    return (stored[field] or 0) + (moved[account] and moved[account][field] or 0)
  end
  return {
    nanoDollars = {
      spent = current('nanoDollars'),
      held = current('held:nanoDollars'),
      cap = dollarCap,
    },
    tokens = {
      spent = current('promptTokens') + current('completionTokens') + current('lostTokens'),
      held = current('held:tokens'),
      cap = tokenCap,
    },
  }
end

-- Whether an account can pay the worst case of a call: nil when it can, 'wait' when that depends on calls in flight, else the
-- refusal. A cap in dollars cannot be kept with a model that has no known price.
local function unaffordable(account, ask, caps)
  local verdict = nil
  for unit, balance in pairs(balanceOf(account, caps) or {}) do
    local worst = ask[unit]
    if balance.cap and not worst then return { ask.id, 'unpriced', account } end
    if balance.cap and balance.spent + worst > balance.cap then
      return { ask.id, 'budget', account, unit, digits(balance.cap), digits(balance.spent), digits(worst) }
    end
    if balance.cap and balance.spent + balance.held + worst > balance.cap then verdict = 'wait' end
  end
  return verdict
end
