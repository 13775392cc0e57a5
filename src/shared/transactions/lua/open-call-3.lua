--[[
  Opens a model call for an auxiliary transaction.

  KEYS  1 transactions (hash)   2 failures (hash)   3 attempts (hash)
  ARGV  1 event key of the call   2 event key that a failure would stand under   3 attempts allowed
        4 attempts to count (0 or 1)

  Returns {'opened', attempts} | {'attempts-spent', attempts} | {'recorded', payload} | {'failed'}

  Atomic because an attempt is counted before the call it stands for, so that a question which kills its worker cannot be
  asked for ever, and because no call is made for what somebody else has settled.
]]
expectType(KEYS[1], 'hash')
expectType(KEYS[2], 'hash')
expectType(KEYS[3], 'hash')

local stored = redis.call('HGET', KEYS[1], ARGV[1])
if stored then return { 'recorded', stored } end
if redis.call('HEXISTS', KEYS[2], ARGV[2]) == 1 then return { 'failed' } end

local attempts = tonumber(redis.call('HGET', KEYS[3], ARGV[1]) or 0)
local attemptsToCount = tonumber(ARGV[4])
if attempts + attemptsToCount > tonumber(ARGV[3]) then return { 'attempts-spent', attempts } end
if attemptsToCount > 0 then attempts = redis.call('HINCRBY', KEYS[3], ARGV[1], attemptsToCount) end
return { 'opened', attempts }
