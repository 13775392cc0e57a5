--[[
  What every script starts with; the loader puts it in front of each.

  A script does not roll back: `expectType` fails it before its first write when a key holds something else.
  A reservation is stored as "canonical name \\n name record"; the canonical form holds no line break.
]]
local function expectType(key, expected)
  local actual = redis.call('TYPE', key).ok
  if actual ~= 'none' and actual ~= expected then
    return error({ err = 'WRONGTYPE ' .. key .. ' holds ' .. actual .. ', expected ' .. expected })
  end
end

-- Where a slot's repairs are counted, in the hash of the attempts.
local function repairsOf(slot)
  return slot .. ':repairs'
end

-- Where it is counted how often an attempt of a slot, or of an auxiliary call, was given back.
local function returnsOf(field)
  return field .. ':returned'
end

local RETURNS_AT_MOST = 10

-- Gives back an attempt that a stop or a pause ended. Not for ever: what it called may have been paid for, and a worker that
-- is stopped again and again must come to an end with it.
local function returnAttempt(attempts, field)
  if tonumber(redis.call('HGET', attempts, field) or 0) <= 0 then return end
  if redis.call('HINCRBY', attempts, returnsOf(field), 1) > RETURNS_AT_MOST then return end
  redis.call('HINCRBY', attempts, field, -1)
end

-- Forgets all that was counted for a slot, or an auxiliary call, that is settled.
local function forgetAttempts(attempts, field)
  redis.call('HDEL', attempts, field, repairsOf(field), returnsOf(field))
end

local function heldName(reservation)
  local cut = string.find(reservation, '\n', 1, true)
  return string.sub(reservation, 1, cut - 1), string.sub(reservation, cut + 1)
end

-- Forgets a slot's reservation and gives its name back, unless that is the `kept` one; returns how many names that freed.
local function releaseHeldName(names, reservations, slot, owner, kept)
  local held = redis.call('HGET', reservations, slot)
  if not held then return 0 end
  redis.call('HDEL', reservations, slot)
  local canonical = heldName(held)
  if canonical == kept or redis.call('HGET', names, canonical) ~= owner then return 0 end
  redis.call('HDEL', names, canonical)
  return 1
end
