--[[
  Gives the attempt of a run back that a stop or a pause ended, and may give its repair back, so that deploys do not use them
  up.

  KEYS  1 attempts (hash)   2 population meta (hash)
  ARGV  1 slot   2 repairs to give back (0 or 1)

  Returns {'left'} | {'unknown-population'}

  Atomic because a slot that is settled meanwhile must not get an attempt again, nor a forgotten population a counter.
  An attempt is given back ten times at most; after that it stays spent.
]]
expectType(KEYS[1], 'hash')
expectType(KEYS[2], 'hash')

local slot = ARGV[1]
if redis.call('EXISTS', KEYS[2]) == 0 then return { 'unknown-population' } end
returnAttempt(KEYS[1], slot)
if ARGV[2] == '1' and tonumber(redis.call('HGET', KEYS[1], repairsOf(slot)) or 0) > 0 then
  redis.call('HINCRBY', KEYS[1], repairsOf(slot), -1)
end
return { 'left' }
