--[[
  Extends the lease on a population's outbox, and tells how much of its file is confirmed.

  KEYS  1 population meta (hash)   2 outbox (string with an expiry: the holder of the lease)
  ARGV  1 holder   2 lease in ms

  Returns {'renewed', bytes confirmed}
        | {'lost', holder now or ''}     it expired; somebody else may have it
        | {'unknown-population'}

  Atomic because only the holder may extend it. An expired lease is not taken again here: its holder has to look at the file
  afresh, as somebody may have written to it and given the lease back meanwhile.
]]
expectType(KEYS[1], 'hash')
expectType(KEYS[2], 'string')

if redis.call('HEXISTS', KEYS[1], 'size') == 0 then return { 'unknown-population' } end
local holder = redis.call('GET', KEYS[2])
if holder ~= ARGV[1] then return { 'lost', holder or '' } end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return { 'renewed', redis.call('HGET', KEYS[1], 'prunedBytes') or '0' }
