--[[
  What accounts have spent, hold and may spend: fields `<account>:<field>` of one hash; see ledger.ts. Every movement of
  a script is gathered and written once.
]]
local FLEET = 'fleet'

local moved = {}

local function move(account, field, amount)
  if amount == 0 then return end
  local name = account .. ':' .. field
  moved[name] = (moved[name] or 0) + amount
end

-- What a call takes is its account's and the fleet's.
local function moveBoth(account, field, amount)
  move(account, field, amount)
  move(FLEET, field, amount)
end

local function writeLedger()
  for name, amount in pairs(moved) do
    if amount ~= 0 then redis.call('HINCRBY', scope.keys.ledger, name, amount) end
  end
end

local BALANCE = {
  'nanoDollars', 'promptTokens', 'completionTokens', 'lostTokens', 'held:nanoDollars', 'held:tokens',
  'budget:nanoDollars', 'budget:tokens',
}
local balances = {}

-- What budgets go by, as of this moment of the script. The fleet's caps come with the exchange.
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
  local function current(field)
    return (stored[field] or 0) + (moved[account .. ':' .. field] or 0)
  end
  return {
    nanoDollars = {
      spent = current('nanoDollars'),
      held = current('held:nanoDollars'),
      cap = caps and caps.nanoDollars or stored['budget:nanoDollars'],
    },
    tokens = {
      spent = current('promptTokens') + current('completionTokens') + current('lostTokens'),
      held = current('held:tokens'),
      cap = caps and caps.tokens or stored['budget:tokens'],
    },
  }
end

-- Whether an account can pay the worst case of a call: nil when it can, 'wait' when that depends on calls in flight, else the
-- refusal. A cap in dollars cannot be kept with a model that has no known price.
local function unaffordable(account, ask, caps)
  local verdict = nil
  for unit, balance in pairs(balanceOf(account, caps)) do
    local worst = ask[unit]
    if balance.cap and not worst then return { ask.id, 'unpriced', account } end
    if balance.cap and balance.spent + worst > balance.cap then
      return { ask.id, 'budget', account, unit, digits(balance.cap), digits(balance.spent), digits(worst) }
    end
    if balance.cap and balance.spent + balance.held + worst > balance.cap then verdict = 'wait' end
  end
  return verdict
end
