--[[
  What every script of the rate budget starts with. The files beside it that have no number in their name are parts of
  one program, put together in the order in which `scripts.ts` lists them; a script is the last of them.

  A script does not roll back: `expectType` fails it before its first write when a key holds something else.
]]
local function expectType(key, expected)
  local actual = redis.call('TYPE', key).ok
  if actual ~= 'none' and actual ~= expected then
    return error({ err = 'WRONGTYPE ' .. key .. ' holds ' .. actual .. ', expected ' .. expected })
  end
end

-- Milliseconds since 1970: Redis' own clock, one for all workers. Tests pass another.
local function clock(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Digits of a whole number. cjson, and Lua's own conversion, print 14 of them: 1,000,000 dollars have 16.
local function digits(number)
  return string.format('%.0f', number)
end

local EPSILON = 1e-6
