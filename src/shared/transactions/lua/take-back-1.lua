--[[
  Takes back that a call was begun which was never made, or which the provider answered with "not now": it has used nothing, so
  that this is not counted among the ten times that a stop may give an attempt back.

  KEYS  1 attempts (hash)
  ARGV  1 slot, or event key of an auxiliary call   2 what its beginning counted: 'attempt' or 'repair'

  Returns {'taken-back'}

  Atomic because what is settled or forgotten meanwhile must not get a counter again.
]]
expectType(KEYS[1], 'hash')

local field = ARGV[2] == 'repair' and repairsOf(ARGV[1]) or ARGV[1]
if tonumber(redis.call('HGET', KEYS[1], field) or 0) > 0 then redis.call('HINCRBY', KEYS[1], field, -1) end
return { 'taken-back' }
