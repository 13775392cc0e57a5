--[[
  Opens a repair call of a slot: the call that asks again for the parts of an answer that cannot be used.

  KEYS  1 population meta (hash)   2 committed (bitmap)   3 failed (bitmap)   4 attempts (hash)
  ARGV  1 slot

  Returns {'begun'}
        | {'spent'}   as many repairs were begun as attempts, by whichever workers
        | {'committed'} | {'failed'} | {'paused', reason} | {'cancelled'} | {'unknown-population'}

  Atomic because the repair is taken before its call is sent: whatever dies when, an attempt has one repair, so that a
  slot's calls stay bounded. The count lies beside the slot's attempts and goes with them.
]]
expectType(KEYS[4], 'hash')

local slot = ARGV[1]
local status = redis.call('HGET', KEYS[1], 'status')
if not status then return { 'unknown-population' } end
if redis.call('GETBIT', KEYS[2], slot) == 1 then return { 'committed' } end
if redis.call('GETBIT', KEYS[3], slot) == 1 then return { 'failed' } end
if status == 'paused' then return { 'paused', redis.call('HGET', KEYS[1], 'reason') or '' } end
if status == 'cancelled' then return { 'cancelled' } end

local attempts = tonumber(redis.call('HGET', KEYS[4], slot) or 0)
local repairs = tonumber(redis.call('HGET', KEYS[4], repairsOf(slot)) or 0)
if repairs >= attempts then return { 'spent' } end
redis.call('HINCRBY', KEYS[4], repairsOf(slot), 1)
return { 'begun' }
