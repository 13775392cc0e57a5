--[[
  Gives back an attempt whose call was aborted by an orderly stop, so that deploys do not use up a slot's attempts.

  KEYS  1 attempts (hash)
  ARGV  1 slot

  Returns {'returned'} | {'none'}   the slot was settled meanwhile, or had no attempt

  Atomic because a slot that is settled must not get a counter again.
]]
if tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0) < 1 then return { 'none' } end
redis.call('HINCRBY', KEYS[1], ARGV[1], -1)
return { 'returned' }
