--[[
  Leaves a slot open after a call that did not settle it (a stop, a pause): counts what its calls used and may give the
  attempt and the repair back, so that deploys do not use them up.

  KEYS  1 attempts (hash)   2 counters (hash)
  ARGV  1 slot   2 attempts to give back (0 or 1)   3 repairs to give back (0 or 1)
        then counter, increment, ... (tokens, ...)

  Returns {'left'}

  Atomic because a slot that is settled meanwhile must not get a counter again.
]]
expectType(KEYS[1], 'hash')
expectType(KEYS[2], 'hash')

local attempts = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0)
if ARGV[2] == '1' and attempts > 0 then redis.call('HINCRBY', KEYS[1], ARGV[1], -1) end
if ARGV[3] == '1' then redis.call('HDEL', KEYS[1], repairOf(ARGV[1])) end
for i = 4, #ARGV, 2 do
  redis.call('HINCRBY', KEYS[2], ARGV[i], ARGV[i + 1])
end
return { 'left' }
