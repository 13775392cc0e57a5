--[[
  Lets calls of a scope go on: forgets its pause, its breaker and the time the provider asked for. What is known of its limits stays.

  KEYS  1 state (hash)

  Returns {'resumed', reason it was paused for} | {'not-paused'}

  Atomic because an exchange must not find half of it.
]]
expectType(KEYS[1], 'hash')
scope.keys = { state = KEYS[1] }
readState()
local state = scope.state
local reason = state.pausedReason
state.pausedReason, state.pausedMessage = '', ''
state.waitUntil, state.refusals, state.probe = 0, 0, ''
observeReply()
writeState()
if reason == '' then return { 'not-paused' } end
return { 'resumed', reason }
