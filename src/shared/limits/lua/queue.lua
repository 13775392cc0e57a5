-- Calls that wait for the rate, in the order in which they came. A ticket, packed as MessagePack: process, tokens.
local WALK = 64
local FARTHEST_WALK = 1024

local function dropTickets(ids)
  if #ids == 0 then return end
  redis.call('ZREM', scope.keys.queue, unpack(ids))
  redis.call('HDEL', scope.keys.tickets, unpack(ids))
end

local function enqueue(id, process, tokens)
  scope.state.tickets = scope.state.tickets + 1
  redis.call('ZADD', scope.keys.queue, scope.state.tickets, id)
  redis.call('HSET', scope.keys.tickets, id, cmsgpack.pack({ process, tokens }))
end

-- The queue as far as it is looked at, without what is nobody's: what its process no longer asks for, or cannot any more. Returns
-- it, whether that is all of the queue, and whether the walk ended among the dead.
local function walk(asked, process)
  local line, walked = {}, 0
  while true do
    local ids = redis.call('ZRANGE', scope.keys.queue, #line, #line + WALK - 1)
    local nobodys = {}
    local tickets = #ids > 0 and redis.call('HMGET', scope.keys.tickets, unpack(ids)) or {}
    for i, id in ipairs(ids) do
      local owner, tokens = unpack(tickets[i] and cmsgpack.unpack(tickets[i]) or { '', 0 })
      local ask = asked[id]
      if ask or (owner ~= process and isAlive(owner)) then
        line[#line + 1] = { id = id, tokens = tokens, ask = ask, waiting = true }
      else
        nobodys[#nobodys + 1] = id
      end
    end
    dropTickets(nobodys)
    walked = walked + #ids
    if #ids < WALK then return line, true, false end
    if #line >= WALK then return line, false, false end
    if walked >= FARTHEST_WALK then return line, false, true end
  end
end

--[[
  The calls to look at, first come first: the head of the queue, then this exchange's new ones, if the queue ends within
  sight. Returns them, the new ones that are out of sight, and whether to come back at once, to clear away more of what is
  nobody's. Each: id, tokens, `ask` when it is of this exchange, `waiting` when it has a ticket.
]]
local function inOrder(asks, process)
  local asked, seen, fresh = {}, {}, {}
  for _, ask in ipairs(asks) do asked[ask.id] = ask end
  local line, inSight, amongDead = walk(asked, process)
  for _, entry in ipairs(line) do seen[entry.id] = true end
  for _, ask in ipairs(asks) do
    if not seen[ask.id] and (inSight or redis.call('HEXISTS', scope.keys.tickets, ask.id) == 0) then
      fresh[#fresh + 1] = { id = ask.id, tokens = ask.tokens, ask = ask }
    end
  end
  if not inSight then return line, fresh, amongDead end
  for _, entry in ipairs(fresh) do line[#line + 1] = entry end
  return line, {}, false
end
