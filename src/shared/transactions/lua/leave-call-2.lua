--[[
  Leaves an auxiliary transaction open after a call that did not settle it (a stop): counts what its calls used, takes back
  the count of a call that was never sent, and may give the attempt back, so that deploys do not use up its attempts.

  KEYS  1 attempts (hash)   2 transaction counters (hash)
  ARGV  1 event key of the call   2 attempts to give back (0 or 1)
        then counter, increment, ... (tokens; -1 for a call that was never sent)

  Returns {'left'}

  Atomic because a transaction that is settled meanwhile must not get attempts again. An attempt is given back ten times
  at most; after that it stays spent.
]]
expectType(KEYS[1], 'hash')
expectType(KEYS[2], 'hash')

if ARGV[2] == '1' then returnAttempt(KEYS[1], ARGV[1]) end
count(KEYS[2], ARGV, 3)
return { 'left' }
