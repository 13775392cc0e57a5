--[[
  Gives a slot its name and opens the model call that it is for.

  KEYS  1 population meta (hash)   2 committed (bitmap)   3 failed (bitmap)   4 names (hash)
        5 reservations (hash)      6 attempts (hash)
  ARGV  1 slot   2 owner, "<population>/<slot>"   3 attempts allowed ('' for no limit)
        4 what it opens: 'attempt', or 'nothing' (a name for an answer)
        then canonical name, name record, ... : the candidates, in order

  Returns {'reserved', name record or '', attempts, candidates refused}
        | {'names-taken', '', attempts, candidates refused}   nothing counted; come back with other candidates
        | {'attempts-spent', '', attempts}
        | {'committed'} | {'failed'} | {'paused', reason} | {'cancelled'} | {'unknown-population'}

  Atomic because a name is looked up and taken in one step (I1), a slot holds at most one name however often it
  is run (I3), and an attempt is counted before the call it stands for, so that a slot which kills its worker
  cannot be tried for ever.
]]
expectType(KEYS[4], 'hash')
expectType(KEYS[5], 'hash')
expectType(KEYS[6], 'hash')

local slot, owner = ARGV[1], ARGV[2]
local status = redis.call('HGET', KEYS[1], 'status')
if not status then return { 'unknown-population' } end
if redis.call('GETBIT', KEYS[2], slot) == 1 then return { 'committed' } end
if redis.call('GETBIT', KEYS[3], slot) == 1 then return { 'failed' } end
-- A name for an answer that is already paid for is given during a pause as well.
if status == 'paused' and ARGV[4] ~= 'nothing' then
  return { 'paused', redis.call('HGET', KEYS[1], 'reason') or '' }
end
if status == 'cancelled' then return { 'cancelled' } end

local attempts = tonumber(redis.call('HGET', KEYS[6], slot) or 0)
local attemptsToCount = ARGV[4] == 'attempt' and 1 or 0
if ARGV[3] ~= '' and attempts + attemptsToCount > tonumber(ARGV[3]) then
  return { 'attempts-spent', '', attempts }
end

local record = ''
local refused = 0
local held = redis.call('HGET', KEYS[5], slot)
if held then
  local canonical, heldRecord = heldName(held)
  local keeper = redis.call('HGET', KEYS[4], canonical)
  if not keeper or keeper == owner then
    if not keeper then redis.call('HSET', KEYS[4], canonical, owner) end
    record = heldRecord
  end
end
if record == '' and #ARGV > 4 then
  for i = 5, #ARGV, 2 do
    local keeper = redis.call('HGET', KEYS[4], ARGV[i])
    if not keeper or keeper == owner then
      redis.call('HSET', KEYS[4], ARGV[i], owner)
      redis.call('HSET', KEYS[5], slot, ARGV[i] .. '\n' .. ARGV[i + 1])
      record = ARGV[i + 1]
      break
    end
    refused = refused + 1
  end
  if record == '' then return { 'names-taken', '', attempts, refused } end
end

if attemptsToCount > 0 then attempts = redis.call('HINCRBY', KEYS[6], slot, attemptsToCount) end
if status == 'planned' then redis.call('HSET', KEYS[1], 'status', 'running') end
return { 'reserved', record, attempts, refused }
