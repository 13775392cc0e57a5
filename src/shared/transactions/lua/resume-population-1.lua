--[[
  Takes a paused or cancelled population up again.

  KEYS  1 population meta (hash)

  Returns {'resumed', status before} | {'unchanged', status} | {'unknown-population'}

  Atomic because the last commit may end the population at the same moment, and an ended one must stay ended.
]]
local status = redis.call('HGET', KEYS[1], 'status')
if not status then return { 'unknown-population' } end
if status ~= 'paused' and status ~= 'cancelled' then return { 'unchanged', status } end
redis.call('HSET', KEYS[1], 'status', 'planned')
redis.call('HDEL', KEYS[1], 'reason', 'reasonCode')
return { 'resumed', status }
