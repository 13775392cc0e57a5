--[[
  Makes an imported person durable: name, result and the population that holds it, which grows by this one slot.

  KEYS  1 results bucket (hash)   2 committed (bitmap)         3 names (hash)
        4 counters (hash)         5 population meta (hash)     6 populations (set)
  ARGV  1 population id   2 slot   3 canonical name   4 payload
        then field, value, ... written to meta when the population is new

  Returns {'imported'}
        | {'taken', owner}      the name has an owner, "<population>/<slot>": nothing was written
        | {'conflict', size}    another import took this slot: come again with the next one

  Atomic because a name without its person would stay taken for nobody, and because a population of imports is complete
  at every moment: size, extents, bit, count and result move together or not at all (I1, I2, I4). Repeating a call whose
  reply was lost answers 'taken' with this very slot.
]]
expectType(KEYS[1], 'hash')
expectType(KEYS[2], 'string')
expectType(KEYS[3], 'hash')
expectType(KEYS[4], 'hash')
expectType(KEYS[5], 'hash')
expectType(KEYS[6], 'set')

local population, slot, canonical = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local owner = redis.call('HGET', KEYS[3], canonical)
if owner then return { 'taken', owner } end
local size = tonumber(redis.call('HGET', KEYS[5], 'size') or 0)
if size ~= slot then return { 'conflict', size } end

redis.call('HSET', KEYS[1], ARGV[2], ARGV[4])
redis.call('HSET', KEYS[3], canonical, population .. '/' .. ARGV[2])
redis.call('SETBIT', KEYS[2], slot, 1)
redis.call('HINCRBY', KEYS[4], 'committed', 1)
local grown = tostring(slot + 1)
if slot == 0 then
  redis.call('SADD', KEYS[6], population)
  for i = 5, #ARGV, 2 do
    redis.call('HSET', KEYS[5], ARGV[i], ARGV[i + 1])
  end
end
redis.call('HSET', KEYS[5], 'size', grown, 'extents', '[' .. grown .. ']', 'status', 'complete')
return { 'imported' }
