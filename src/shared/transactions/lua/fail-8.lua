--[[
  Gives a slot up for good, with its reason, and releases its name.

  KEYS  1 failures (hash)       2 committed (bitmap)   3 failed (bitmap)   4 names (hash)
        5 reservations (hash)   6 attempts (hash)      7 counters (hash)   8 population meta (hash)
  ARGV  1 slot   2 owner   3 reason code   4 failure record (JSON)

  Returns {'failed'}            also where this very record stands already: a repeated call moves no counter
        | {'already-failed'}    somebody else gave it up
        | {'committed'} | {'cancelled'} | {'unknown-population'}

  Atomic because the released name, the reason and the count belong together (I3, I4).
]]
expectType(KEYS[1], 'hash')
expectType(KEYS[2], 'string')
expectType(KEYS[3], 'string')
expectType(KEYS[4], 'hash')
expectType(KEYS[5], 'hash')
expectType(KEYS[6], 'hash')
expectType(KEYS[7], 'hash')
expectType(KEYS[8], 'hash')

local slot, owner, reason = ARGV[1], ARGV[2], ARGV[3]
local size = tonumber(redis.call('HGET', KEYS[8], 'size') or 0)
if size == 0 then return { 'unknown-population' } end
if redis.call('GETBIT', KEYS[2], slot) == 1 then return { 'committed' } end
if redis.call('GETBIT', KEYS[3], slot) == 1 then
  return { redis.call('HGET', KEYS[1], slot) == ARGV[4] and 'failed' or 'already-failed' }
end
if redis.call('HGET', KEYS[8], 'status') == 'cancelled' then return { 'cancelled' } end

redis.call('HSET', KEYS[1], slot, ARGV[4])
redis.call('SETBIT', KEYS[3], slot, 1)
releaseHeldName(KEYS[4], KEYS[5], slot, owner)
forgetAttempts(KEYS[6], slot)
local failed = redis.call('HINCRBY', KEYS[7], 'failed', 1)
redis.call('HINCRBY', KEYS[7], 'failed:' .. reason, 1)
local committed = tonumber(redis.call('HGET', KEYS[7], 'committed') or 0)
if committed + failed >= size then
  redis.call('HSET', KEYS[8], 'status', 'partial')
  redis.call('HDEL', KEYS[8], 'reason', 'reasonCode')
end
return { 'failed' }
