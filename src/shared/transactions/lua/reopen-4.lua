--[[
  Opens failed slots again, so that `retry` can enqueue them.

  KEYS  1 population meta (hash)   2 failed (bitmap)   3 failures (hash)   4 counters (hash)
  ARGV  slot, reason code, ...

  Returns {'reopened', slots reopened} | {'unknown-population'}

  Atomic because the bit, the reason and both counts must never disagree (I4). A slot that is not failed is
  passed over, so that a repeated call changes nothing.
]]
expectType(KEYS[1], 'hash')
expectType(KEYS[2], 'string')
expectType(KEYS[3], 'hash')
expectType(KEYS[4], 'hash')

if redis.call('EXISTS', KEYS[1]) == 0 then return { 'unknown-population' } end
local reopened = 0
for i = 1, #ARGV, 2 do
  if redis.call('GETBIT', KEYS[2], ARGV[i]) == 1 then
    redis.call('HINCRBY', KEYS[4], 'failed', -1)
    redis.call('HINCRBY', KEYS[4], 'failed:' .. ARGV[i + 1], -1)
    redis.call('SETBIT', KEYS[2], ARGV[i], 0)
    redis.call('HDEL', KEYS[3], ARGV[i])
    reopened = reopened + 1
  end
end
if reopened > 0 then
  redis.call('HSET', KEYS[1], 'status', 'running')
  redis.call('HDEL', KEYS[1], 'reason', 'reasonCode')
end
return { 'reopened', reopened }
