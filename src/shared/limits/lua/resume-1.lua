--[[
  Lets calls of a scope go on.

  KEYS  1 state (hash)
  ARGV  1 'pause': ends its pause, if it has one, and what led to it; the time the provider asked for, after a 429, is kept.
          'everything': that time is forgotten as well, and the limits that the provider named

  Returns {'resumed', reason it was paused for} | {'not-paused'}

  Atomic because an exchange must not find half of it.
]]
expectType(KEYS[1], 'hash')
scope.keys = { state = KEYS[1] }
readState()
local state = scope.state
local reason = state.pausedReason
if ARGV[1] == 'pause' and reason == '' then return { 'not-paused' } end
state.pausedReason, state.pausedMessage, state.probe = '', '', ''
observeReply()
if ARGV[1] == 'everything' then
  state.waitUntil, state.refusals = 0, 0
  for _, r in ipairs(RESOURCES) do state[r.learnt] = 0 end
end
writeState()
if reason == '' then return { 'not-paused' } end
return { 'resumed', reason }
