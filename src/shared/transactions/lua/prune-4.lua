--[[
  Takes results out of Redis whose lines are durably in the outbox's file, and confirms how far that file reaches.

  KEYS  1 population meta (hash)   2 outbox (string with an expiry: the holder of the lease)
        3 results bucket (hash)    4 counters (hash)
  ARGV  1 holder   2 lease in ms   3 bytes of the file confirmed before   4 bytes confirmed with these lines
        then the slots, all of that bucket; the last one is that of the last line

  Returns {'pruned', results}
        | {'repeated'}               confirmed before: a repeated call after a lost reply changes nothing
        | {'conflict', bytes}        the file is confirmed up to another place than the caller believes
        | {'missing', slot}          Redis has lost this result since it was read: the file alone must not have it
        | {'lost', holder now or ''} | {'unknown-population'}

  Atomic because the file is only ever cut back to the confirmed bytes: they and the results must say the same of every
  person at every moment, so that each is in Redis or in the file, and never in neither or both. Names, bits and counts of
  commits stay. HDEL is the first write and let through by a full Redis, and so is what follows it.
]]
expectType(KEYS[1], 'hash')
expectType(KEYS[2], 'string')
expectType(KEYS[3], 'hash')
expectType(KEYS[4], 'hash')

if redis.call('HEXISTS', KEYS[1], 'size') == 0 then return { 'unknown-population' } end
local holder = redis.call('GET', KEYS[2])
if holder ~= ARGV[1] then return { 'lost', holder or '' } end
local confirmed = redis.call('HGET', KEYS[1], 'prunedBytes') or '0'
if tonumber(confirmed) >= tonumber(ARGV[4]) then return { 'repeated' } end
if confirmed ~= ARGV[3] then return { 'conflict', confirmed } end

for i = 5, #ARGV do
  if redis.call('HEXISTS', KEYS[3], ARGV[i]) == 0 then return { 'missing', ARGV[i] } end
end

local pruned = redis.call('HDEL', KEYS[3], unpack(ARGV, 5))
redis.call('HINCRBY', KEYS[4], 'pruned', pruned)
redis.call('HSET', KEYS[1], 'prunedBytes', ARGV[4], 'prunedSlot', ARGV[#ARGV])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return { 'pruned', pruned }
