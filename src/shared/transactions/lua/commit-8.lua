--[[
  Makes a slot's result and name durable. First writer wins.

  KEYS  1 results bucket (hash)   2 committed (bitmap)   3 failed (bitmap)   4 names (hash)
        5 reservations (hash)     6 attempts (hash)      7 counters (hash)   8 population meta (hash)
  ARGV  1 slot   2 owner   3 canonical name   4 payload

  Returns {'committed'}               also where this very payload stands already: a repeated call moves no counter
        | {'replayed', payload or ''} the slot had a result: that one stands, this one is dropped; '' where it has been pruned
                                      since, for a repeated call too
        | {'failed'}                  the slot was given up before; `retry` opens it again
        | {'name-lost', owner}        the name belongs to another transaction; reserve again
        | {'cancelled'} | {'unknown-population'}

  Atomic because result, name, bit, counters and the population's end move together or not at all (I2, I4). Types
  are checked first and the first write is one that a full Redis refuses, since a script does not roll back.
]]
expectType(KEYS[1], 'hash')
expectType(KEYS[2], 'string')
expectType(KEYS[3], 'string')
expectType(KEYS[4], 'hash')
expectType(KEYS[5], 'hash')
expectType(KEYS[6], 'hash')
expectType(KEYS[7], 'hash')
expectType(KEYS[8], 'hash')

local slot, owner, canonical = ARGV[1], ARGV[2], ARGV[3]
local size = tonumber(redis.call('HGET', KEYS[8], 'size') or 0)
if size == 0 then return { 'unknown-population' } end
if redis.call('GETBIT', KEYS[2], slot) == 1 then
  local stored = redis.call('HGET', KEYS[1], slot) or ''
  if stored == ARGV[4] then return { 'committed' } end
  return { 'replayed', stored }
end
if redis.call('GETBIT', KEYS[3], slot) == 1 then return { 'failed' } end
if redis.call('HGET', KEYS[8], 'status') == 'cancelled' then return { 'cancelled' } end
local keeper = redis.call('HGET', KEYS[4], canonical)
if keeper and keeper ~= owner then return { 'name-lost', keeper } end

redis.call('HSET', KEYS[1], slot, ARGV[4])
if not keeper then redis.call('HSET', KEYS[4], canonical, owner) end
redis.call('SETBIT', KEYS[2], slot, 1)
releaseHeldName(KEYS[4], KEYS[5], slot, owner, canonical)
forgetAttempts(KEYS[6], slot)
local committed = redis.call('HINCRBY', KEYS[7], 'committed', 1)
redis.call('HSET', KEYS[7], 'lastCommitAt', redis.call('TIME')[1])
local failed = tonumber(redis.call('HGET', KEYS[7], 'failed') or 0)
if committed + failed >= size then
  redis.call('HSET', KEYS[8], 'status', failed > 0 and 'partial' or 'complete')
  redis.call('HDEL', KEYS[8], 'reason', 'reasonCode')
end
return { 'committed' }
