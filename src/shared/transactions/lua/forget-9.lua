--[[
  Removes what is left of a population that is forgotten, and keeps what it had counted.

  KEYS  1 forgotten (hash)         2 counters (hash)     3 meta         4 committed    5 failed
        6 failures                 7 reservations        8 attempts     9 outbox

  Returns {'forgotten'}

  Atomic because totals that only grow are made of both: people of living populations, and of forgotten ones. A repeated call
  finds no counters, and adds nothing. All keys go in one step, so that a worker that is still leaving its slot makes none of
  them anew.
]]
expectType(KEYS[1], 'hash')
expectType(KEYS[2], 'hash')

for _, count in ipairs({ 'committed', 'pruned' }) do
  local people = tonumber(redis.call('HGET', KEYS[2], count) or 0)
  if people > 0 then redis.call('HINCRBY', KEYS[1], count, people) end
end
redis.call('UNLINK', unpack(KEYS, 2))
return { 'forgotten' }
