--[[
  Gives the lease on a population's outbox back.

  KEYS  1 outbox (string with an expiry: the holder of the lease)
  ARGV  1 holder

  Returns {'closed'} | {'not-held'}

  Atomic because a lease that has passed to somebody else must not be taken from them.
]]
expectType(KEYS[1], 'string')

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return { 'not-held' } end
redis.call('DEL', KEYS[1])
return { 'closed' }
