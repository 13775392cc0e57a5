--[[
  Gives up calls past their deadline, in a scope that no worker may be using any more, so that what they hold of a budget does
  not keep calls of other models waiting. 16 at a time.

  KEYS  1 state (hash)   2 holds (hash)   3 deadlines (sorted set)   4 ledger (hash)
  ARGV  1 the time in ms, or '' for Redis' own

  Returns {'ok', calls given up}

  Atomic because a call ends once: here or by its outcome.
]]
expectType(KEYS[1], 'hash')
expectType(KEYS[2], 'hash')
expectType(KEYS[3], 'zset')
expectType(KEYS[4], 'hash')
scope.keys = { state = KEYS[1], holds = KEYS[2], deadlines = KEYS[3], ledger = KEYS[4] }
scope.now = clock(ARGV[1])
readState()
local before = redis.call('ZCARD', KEYS[3])
reap()
writeLedger()
writeState()
return { 'ok', before - redis.call('ZCARD', KEYS[3]) }
