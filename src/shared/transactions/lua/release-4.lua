--[[
  Gives back the names of slots that will not be generated, and may cancel the population in the same step.

  KEYS  1 population meta (hash)   2 names (hash)   3 reservations (hash)   4 attempts (hash)
  ARGV  1 population id   2 'cancel' or ''   then the slots; none means every slot that holds a reservation

  Returns {'released', names released} | {'finished', status} | {'unknown-population'}

  Atomic because a name must not be given back while its slot could still commit it: after a cancellation
  `reserve` and `commit` refuse, so nothing takes a name again. Committed slots hold no reservation. The list is
  short: only slots in flight, or cut off by a crash, hold one.
]]
expectType(KEYS[1], 'hash')
expectType(KEYS[2], 'hash')
expectType(KEYS[3], 'hash')
expectType(KEYS[4], 'hash')

local population = ARGV[1]
local status = redis.call('HGET', KEYS[1], 'status')
if not status then return { 'unknown-population' } end
if ARGV[2] == 'cancel' then
  if status == 'complete' or status == 'partial' then return { 'finished', status } end
  redis.call('HSET', KEYS[1], 'status', 'cancelled')
  redis.call('HDEL', KEYS[1], 'reason', 'reasonCode')
end

local slots = {}
for i = 3, #ARGV do slots[#slots + 1] = ARGV[i] end
if #ARGV == 2 then slots = redis.call('HKEYS', KEYS[3]) end
local released = 0
for _, slot in ipairs(slots) do
  released = released + releaseHeldName(KEYS[2], KEYS[3], slot, population .. '/' .. slot)
  forgetAttempts(KEYS[4], slot)
end
return { 'released', released }
