--[[
  Ends a run of a slot that did not settle it: counts what its calls used, takes back the count of a call that was never
  sent, and may give the attempt and the repair back, so that deploys do not use them up.

  KEYS  1 attempts (hash)   2 counters (hash)   3 population meta (hash)
  ARGV  1 slot   2 attempts to give back (0 or 1)   3 repairs to give back (0 or 1)
        then counter, increment, ... (tokens; -1 for a call that was never sent)

  Returns {'left'} | {'unknown-population'}

  Atomic because a slot that is settled meanwhile must not get an attempt again, nor a forgotten population a counter.
  An attempt is given back ten times at most; after that it stays spent.
]]
expectType(KEYS[1], 'hash')
expectType(KEYS[2], 'hash')
expectType(KEYS[3], 'hash')

if redis.call('EXISTS', KEYS[3]) == 0 then return { 'unknown-population' } end
if ARGV[2] == '1' then returnAttempt(KEYS[1], ARGV[1]) end
if ARGV[3] == '1' and tonumber(redis.call('HGET', KEYS[1], repairsOf(ARGV[1])) or 0) > 0 then
  redis.call('HINCRBY', KEYS[1], repairsOf(ARGV[1]), -1)
end
count(KEYS[2], ARGV, 4)
return { 'left' }
