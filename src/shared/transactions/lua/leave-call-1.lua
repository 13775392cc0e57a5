--[[
  Leaves an auxiliary transaction open after a stop and gives the attempt back that it ended, so that deploys do not use up
  its attempts.

  KEYS  1 attempts (hash)
  ARGV  1 event key of the call

  Returns {'left'}

  Atomic because a transaction that is settled meanwhile must not get attempts again. An attempt is given back ten times
  at most; after that it stays spent.
]]
expectType(KEYS[1], 'hash')

returnAttempt(KEYS[1], ARGV[1])
return { 'left' }
