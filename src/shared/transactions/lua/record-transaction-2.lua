--[[
  Stores an auxiliary call's result under its event key. First writer wins.

  KEYS  1 transactions (hash)   2 transaction counters (hash)
  ARGV  1 event key   2 payload

  Returns {'recorded'} | {'replayed', payload}

  Atomic because everybody must go on with one and the same result, however many made the call.
]]
expectType(KEYS[1], 'hash')
expectType(KEYS[2], 'hash')

local stored = redis.call('HGET', KEYS[1], ARGV[1])
if stored then return { 'replayed', stored } end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('HINCRBY', KEYS[2], 'recorded', 1)
return { 'recorded' }
