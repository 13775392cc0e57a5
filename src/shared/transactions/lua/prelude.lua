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

-- Where a slot's taken repair is marked, in the hash of the attempts.
local function repairOf(slot)
  return slot .. ':repair'
end

local function heldName(reservation)
  local cut = string.find(reservation, '\n', 1, true)
  return string.sub(reservation, 1, cut - 1), string.sub(reservation, cut + 1)
end
