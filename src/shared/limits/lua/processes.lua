--[[
  Workers' processes. Each is heard of every second while calls of it wait or are in flight; what has died must not keep others
  waiting. The state holds `exchange:<process>`, the number of its last message, and `inFlight:<process>`, its calls in flight.
]]
local SILENT_MS = 3000
local FORGOTTEN_MS = 600000
local MOST_PROCESSES = 4096

local alive = {}

local function hearOf(process)
  redis.call('ZADD', scope.keys.processes, scope.now, process)
  alive[process] = true
end

-- Heard of later than now: before the clock was set back, and not since.
local function isAlive(process)
  if alive[process] == nil then
    local heard = tonumber(redis.call('ZSCORE', scope.keys.processes, process) or '')
    alive[process] = heard ~= nil and heard <= scope.now and scope.now - heard <= SILENT_MS
  end
  return alive[process]
end

local function forgetProcesses()
  local gone = redis.call('ZRANGEBYSCORE', scope.keys.processes, '-inf', scope.now - FORGOTTEN_MS, 'LIMIT', 0, 4)
  for _, process in ipairs(gone) do
    redis.call('ZREM', scope.keys.processes, process)
    redis.call('HDEL', scope.keys.state, 'exchange:' .. process, 'inFlight:' .. process)
  end
end

local function countInFlight(process, change)
  local field = 'inFlight:' .. process
  if redis.call('HINCRBY', scope.keys.state, field, change) <= 0 then redis.call('HDEL', scope.keys.state, field) end
end

-- Calls in flight of processes that were heard of lately. Those of others may have ended long ago.
local function inFlight()
  local living = redis.call('ZRANGEBYSCORE', scope.keys.processes, scope.now - SILENT_MS, scope.now, 'LIMIT', 0, MOST_PROCESSES)
  if #living == 0 then return 0 end
  for i, process in ipairs(living) do living[i] = 'inFlight:' .. process end
  local sum = 0
  for _, count in ipairs(redis.call('HMGET', scope.keys.state, unpack(living))) do sum = sum + (tonumber(count or 0)) end
  return sum
end

-- Makes no time of a sorted set later than one: the clock was set back.
local function clampTimes(key, latest)
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', key, '(' .. latest, '+inf')) do
    redis.call('ZADD', key, latest, member)
  end
end
