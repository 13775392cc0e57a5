--[[
  Stores an auxiliary call's result under its event key. First writer wins. What stood in its place while there was none
  (attempts, a failure) goes.

  KEYS  1 transactions (hash)   2 failures (hash)   3 attempts (hash)   4 transaction counters (hash)
  ARGV  1 event key   2 payload
        then counter, increment, ... (tokens, ...)

  Returns {'recorded'} | {'replayed', payload}

  Atomic because everybody must go on with one and the same result, however many made the call. The counters move either
  way: a call that came second was paid for all the same.
]]
expectType(KEYS[1], 'hash')
expectType(KEYS[2], 'hash')
expectType(KEYS[3], 'hash')
expectType(KEYS[4], 'hash')

local stored = redis.call('HGET', KEYS[1], ARGV[1])
if not stored then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  redis.call('HINCRBY', KEYS[4], 'recorded', 1)
end
redis.call('HDEL', KEYS[2], ARGV[1])
forgetAttempts(KEYS[3], ARGV[1])
count(KEYS[4], ARGV, 3)
if stored then return { 'replayed', stored } end
return { 'recorded' }
