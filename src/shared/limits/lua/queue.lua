--[[
  Calls that wait, in the order in which they came. A ticket, packed as MessagePack: process, tokens, and 1 when it waits for
  its account's calls in flight rather than for the rate.
]]
-- A process that waits asks at least every second.
local SILENT_MS = 3000
local FORGOTTEN_MS = 600000
local WALK = 64

local alive = {}

-- Whether a process was heard of lately: what has died must not keep others waiting.
local function isAlive(process)
  if alive[process] == nil then
    local heard = redis.call('ZSCORE', scope.keys.processes, process)
    alive[process] = heard ~= false and scope.now - tonumber(heard) <= SILENT_MS
  end
  return alive[process]
end

-- Forgets processes that have been gone for long.
local function forgetProcesses()
  local gone = redis.call('ZRANGEBYSCORE', scope.keys.processes, '-inf', scope.now - FORGOTTEN_MS, 'LIMIT', 0, 4)
  for _, process in ipairs(gone) do
    redis.call('ZREM', scope.keys.processes, process)
    redis.call('HDEL', scope.keys.state, 'exchange:' .. process)
  end
end

local function dropTicket(id)
  redis.call('ZREM', scope.keys.queue, id)
  redis.call('HDEL', scope.keys.tickets, id)
end

local function putTicket(id, process, tokens, forBudget)
  redis.call('HSET', scope.keys.tickets, id, cmsgpack.pack({ process, tokens, forBudget and 1 or 0 }))
end

local function enqueue(id, process, tokens, forBudget)
  scope.state.tickets = scope.state.tickets + 1
  redis.call('ZADD', scope.keys.queue, scope.state.tickets, id)
  putTicket(id, process, tokens, forBudget)
end

--[[
  The calls to look at, first come first: the head of the queue, then this exchange's new ones, if the queue ends within
  sight. Returns them, and the new ones that are out of sight. Each: id, process, tokens, `ask` when it is of this
  exchange, `waiting` when it has a ticket, `forBudget`.
]]
local function inOrder(asks, process)
  local byId, line, fresh = {}, {}, {}
  for _, ask in ipairs(asks) do byId[ask.id] = ask end
  local ids = redis.call('ZRANGE', scope.keys.queue, 0, WALK - 1)
  local inSight = #ids < WALK
  if #ids > 0 then
    local tickets = redis.call('HMGET', scope.keys.tickets, unpack(ids))
    for i, id in ipairs(ids) do
      local owner, tokens, forBudget = unpack(tickets[i] and cmsgpack.unpack(tickets[i]) or { '', 0, 0 })
      local ask = byId[id]
      -- What its process no longer asks for, or cannot ask for any more, is nobody's.
      if not ask and (owner == process or not isAlive(owner)) then
        dropTicket(id)
      else
        line[#line + 1] =
          { id = id, process = owner, tokens = tokens, ask = ask, waiting = true, forBudget = forBudget == 1 }
      end
      byId[id] = nil
    end
  end
  for _, ask in ipairs(asks) do
    if byId[ask.id] and (inSight or redis.call('HEXISTS', scope.keys.tickets, ask.id) == 0) then
      fresh[#fresh + 1] = { id = ask.id, process = process, tokens = ask.tokens, ask = ask }
    end
  end
  if not inSight then return line, fresh end
  for _, entry in ipairs(fresh) do line[#line + 1] = entry end
  return line, {}
end
