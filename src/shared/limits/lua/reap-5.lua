--[[
  Looks after a scope that no worker may be using any more. Gives up calls past their deadline, 16 at a time, so that what they
  hold of a budget does not keep calls of other models waiting; and takes a scope that has vanished off the list.

  KEYS  1 state (hash)   2 holds (hash)   3 deadlines (sorted set)   4 ledger (hash)   5 scopes (hash)
  ARGV  1 the scope      2 the time in ms, or '' for Redis' own

  Returns {'ok', calls given up}

  Atomic because a call ends once: here or by its outcome.
]]
expectType(KEYS[1], 'hash')
expectType(KEYS[2], 'hash')
expectType(KEYS[3], 'zset')
expectType(KEYS[4], 'hash')
expectType(KEYS[5], 'hash')
scope.keys = { state = KEYS[1], holds = KEYS[2], deadlines = KEYS[3], ledger = KEYS[4] }
scope.now = clock(ARGV[2])
local hasVanished = redis.call('EXISTS', KEYS[1]) == 0
readState()
local before = redis.call('ZCARD', KEYS[3])
reap(scope.state.now)
writeLedger()
local left = redis.call('ZCARD', KEYS[3])
if not hasVanished then
  writeState()
elseif left == 0 then
  redis.call('HDEL', KEYS[5], ARGV[1])
end
return { 'ok', before - left }
