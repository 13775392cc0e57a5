--[[
  Makes a process the only one that writes a population's people to a file and takes them out of Redis: grants it the lease
  and notes the file.

  KEYS  1 population meta (hash)   2 outbox (string with an expiry: the holder of the lease)   3 counters (hash)
  ARGV  1 holder   2 lease in ms   3 file   4 bytes in it (0: empty, or not there)
        5 the file noted so far that this one was found to be, under another name ('' for none)

  Returns {'opened', bytes confirmed, slot of the last confirmed line or '', people pruned}
        | {'held', holder, ms left}                 another process has the lease
        | {'other-file', file, bytes confirmed}     the pruned people are in that file
        | {'not-empty'}                             the file is to be begun, and holds something
        | {'unknown-population'}

  Atomic because two processes may begin at the same time, with two files. The same holder is granted the lease again, so
  that a lost reply does no harm. The first write is a DEL, which a full Redis lets through, and what follows it then, too:
  pruning is what makes room again.
]]
expectType(KEYS[1], 'hash')
expectType(KEYS[2], 'string')
expectType(KEYS[3], 'hash')

local holder, file = ARGV[1], ARGV[3]
if redis.call('HEXISTS', KEYS[1], 'size') == 0 then return { 'unknown-population' } end
local other = redis.call('GET', KEYS[2])
if other and other ~= holder then return { 'held', other, redis.call('PTTL', KEYS[2]) } end

local noted = redis.call('HGET', KEYS[1], 'prunedTo')
local bytes = redis.call('HGET', KEYS[1], 'prunedBytes') or '0'
if noted ~= file and bytes ~= '0' and noted ~= ARGV[5] then return { 'other-file', noted, bytes } end
if noted ~= file and bytes == '0' and ARGV[4] ~= '0' then return { 'not-empty' } end

redis.call('DEL', KEYS[2])
redis.call('SET', KEYS[2], holder, 'PX', ARGV[2])
redis.call('HSET', KEYS[1], 'prunedTo', file, 'prunedBytes', bytes)
local slot = redis.call('HGET', KEYS[1], 'prunedSlot') or ''
return { 'opened', bytes, slot, tonumber(redis.call('HGET', KEYS[3], 'pruned') or 0) }
