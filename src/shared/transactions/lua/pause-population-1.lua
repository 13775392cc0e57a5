--[[
  Pauses a population that is under way, with the reason a person needs.

  KEYS  1 population meta (hash)
  ARGV  1 reason, for people   2 its code, from a closed set

  Returns {'paused', reason}         this caller's reason, or that of whoever paused it first
        | {'not-running', status} | {'unknown-population'}

  Atomic because a worker's late pause must not undo a cancellation or the end of the population.
]]
local status = redis.call('HGET', KEYS[1], 'status')
if not status then return { 'unknown-population' } end
if status == 'paused' then return { 'paused', redis.call('HGET', KEYS[1], 'reason') or '' } end
if status ~= 'planned' and status ~= 'running' then return { 'not-running', status } end
redis.call('HSET', KEYS[1], 'status', 'paused', 'reason', ARGV[1], 'reasonCode', ARGV[2])
return { 'paused', ARGV[1] }
