--[[
  Creates a population or grows it; idempotent.

  KEYS  1 population meta (hash)   2 states (hash)   3 populations (set)
  ARGV  1 population id            2 size this caller saw ('' for none)    3 size it wants
        4 extents (JSON)           5 digest of the encoded state           6 encoded state
        then field, value, ... written to meta when the population is new

  Returns {'created'} | {'grown'} | {'unchanged'} | {'conflict', size now}

  Atomic because two producers may grow one population at the same time: the size is compared and swapped, and
  the state that describes the new size is there before any job can name its digest.
]]
expectType(KEYS[1], 'hash')
expectType(KEYS[2], 'hash')
expectType(KEYS[3], 'set')

local size = redis.call('HGET', KEYS[1], 'size')
if (size or '') ~= ARGV[2] then
  return { 'conflict', size or '' }
end

if not size then
  redis.call('HSET', KEYS[2], ARGV[5], ARGV[6])
  redis.call('SADD', KEYS[3], ARGV[1])
  redis.call('HSET', KEYS[1], 'size', ARGV[3], 'extents', ARGV[4], 'state', ARGV[5], 'status', 'planned')
  for i = 7, #ARGV, 2 do
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
  return { 'created' }
end

if tonumber(ARGV[3]) > tonumber(size) then
  redis.call('HSET', KEYS[2], ARGV[5], ARGV[6])
  redis.call('HSET', KEYS[1], 'size', ARGV[3], 'extents', ARGV[4], 'state', ARGV[5], 'status', 'planned')
  redis.call('HDEL', KEYS[1], 'reason', 'reasonCode')
  return { 'grown' }
end
-- The same people, though the state may differ in what does not decide who they are (attempts).
redis.call('HSET', KEYS[2], ARGV[5], ARGV[6])
redis.call('HSET', KEYS[1], 'state', ARGV[5])
return { 'unchanged' }
