--[[
  Leaves an auxiliary transaction open after a call that did not settle it (a stop): counts what its calls used and may give
  the attempt back, so that deploys do not use up its attempts.

  KEYS  1 attempts (hash)   2 transaction counters (hash)
  ARGV  1 event key of the call   2 attempts to give back (0 or 1)
        then counter, increment, ... (tokens, ...)

  Returns {'left'}

  Atomic because a transaction that is settled meanwhile must not get attempts again.
]]
expectType(KEYS[1], 'hash')
expectType(KEYS[2], 'hash')

local attempts = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0)
if ARGV[2] == '1' and attempts > 0 then redis.call('HINCRBY', KEYS[1], ARGV[1], -1) end
for i = 3, #ARGV, 2 do
  redis.call('HINCRBY', KEYS[2], ARGV[i], ARGV[i + 1])
end
return { 'left' }
