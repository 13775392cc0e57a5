--[[
  Gives an auxiliary transaction up until somebody asks for it again, with the reason.

  KEYS  1 transactions (hash)   2 failures (hash)   3 attempts (hash)
  ARGV  1 event key   2 event key of the call that failed: the same, or that of a part of it   3 failure record (JSON)

  Returns {'failed'} | {'recorded'}   somebody else has a result meanwhile

  Atomic because a failure must not hide a result, and because whoever asks again begins with all attempts.
]]
expectType(KEYS[1], 'hash')
expectType(KEYS[2], 'hash')
expectType(KEYS[3], 'hash')

if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return { 'recorded' } end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
forgetAttempts(KEYS[3], ARGV[2])
return { 'failed' }
