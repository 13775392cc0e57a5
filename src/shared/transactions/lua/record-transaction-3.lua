--[[
  Stores an auxiliary call's result under its event key. First writer wins. What stood in its place while there was none
  (attempts, a failure) goes.

  KEYS  1 transactions (hash)   2 failures (hash)   3 attempts (hash)
  ARGV  1 event key   2 payload

  Returns {'recorded'} | {'replayed', payload}

  Atomic because everybody must go on with one and the same result, however many made the call.
]]
expectType(KEYS[1], 'hash')
expectType(KEYS[2], 'hash')
expectType(KEYS[3], 'hash')

local stored = redis.call('HGET', KEYS[1], ARGV[1])
if not stored then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
redis.call('HDEL', KEYS[2], ARGV[1])
forgetAttempts(KEYS[3], ARGV[1])
if stored then return { 'replayed', stored } end
return { 'recorded' }
