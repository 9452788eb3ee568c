"""What is done inside Redis to records and ordinals, in Lua: each script is one atomic step. KEYS[1] is the prefix of
every key.

PREFIX:world        hash: schema, version, n (records ever added), and the journal's seq, first, entries, size, evicted
PREFIX:kinds        set of the kinds that there may be
PREFIX:tables       hash: KIND:SCOPE -> bytes, one for each table
PREFIX:t:KIND:SCOPE hash: id -> "n data", where n gives the order
PREFIX:c:SCOPE      hash: id of a row -> id of its chat
PREFIX:o:SCOPE      hash: name of an ordinal -> how often it was counted
PREFIX:names:SCOPE  sorted set of those names, by their last use
PREFIX:room         hash: uses, size (bytes in all)
PREFIX:sizes        hash: SCOPE -> bytes
PREFIX:wanted       hash: SCOPE -> how many of its records somebody wanted
PREFIX:called       sorted set of the scopes that were only called, by their last use
PREFIX:stored       sorted set of those in which something was stored, likewise
"""

from apex_mock.store.bounds import BY_THE_WAY, NAME_SIZE, RECORD_SIZE

COMMON = """
local P = KEYS[1]
local world, room = P .. ':world', P .. ':room'
local function at(kind, scope) return P .. ':t:' .. kind .. ':' .. scope end
local function tell() redis.call('HINCRBY', world, 'version', 1) end
"""

_ROOM = (
    COMMON
    + f"""
local RECORD, NAME = {RECORD_SIZE}, {NAME_SIZE}
local by_the_way = {{{", ".join(f"{kind.__name__} = true" for kind in BY_THE_WAY)}}}
"""
    + """
local function number(key, field) return tonumber(redis.call('HGET', key, field) or '0') end
local function size(value) return #value - string.find(value, ' ') + RECORD end

-- A scope takes so many bytes more, for so many more records that somebody wanted.
local function change(scope, more, wanted)
  if more == 0 then return end
  redis.call('HINCRBY', room, 'size', more)
  local taken = redis.call('HINCRBY', P .. ':sizes', scope, more)
  local stored = redis.call('HINCRBY', P .. ':wanted', scope, wanted)
  if taken == 0 then
    for _, name in ipairs({':sizes', ':wanted'}) do redis.call('HDEL', P .. name, scope) end
    for _, name in ipairs({':called', ':stored'}) do redis.call('ZREM', P .. name, scope) end
  elseif scope ~= '' then
    local sort, other = P .. ':called', P .. ':stored'
    if stored > 0 then sort, other = other, sort end
    if not redis.call('ZSCORE', sort, scope) then
      local used = redis.call('ZSCORE', other, scope) or redis.call('HINCRBY', room, 'uses', 1)
      redis.call('ZADD', sort, used, scope)
      redis.call('ZREM', other, scope)
    end
  end
end

-- The same for a table, which goes when nothing is left of it.
local function change_table(kind, scope, more, count)
  local name = kind .. ':' .. scope
  if redis.call('HINCRBY', P .. ':tables', name, more) == 0 then redis.call('HDEL', P .. ':tables', name) end
  change(scope, more, by_the_way[kind] and 0 or count)
end

local function forget_table(kind, scope)
  local count = redis.call('HLEN', at(kind, scope))
  if count > 0 then
    redis.call('DEL', at(kind, scope))
    if kind == 'Completion' then redis.call('DEL', P .. ':c:' .. scope) end
    change_table(kind, scope, -number(P .. ':tables', kind .. ':' .. scope), -count)
  end
end

local function forget_names(scope)
  change(scope, -NAME * redis.call('HLEN', P .. ':o:' .. scope), 0)
  redis.call('DEL', P .. ':o:' .. scope, P .. ':names:' .. scope)
end

local function remove(kind, scope, id)
  local value = redis.call('HGET', at(kind, scope), id)
  if not value then return 0 end
  redis.call('HDEL', at(kind, scope), id)
  change_table(kind, scope, -size(value), -1)
  if kind == 'Completion' then redis.call('HDEL', P .. ':c:' .. scope, id) end
  return 1
end

-- What refuses a scope so many bytes more: what it takes already, or nothing.
local function refused(scope, more, most)
  local taken = number(P .. ':sizes', scope)
  local all = scope == '' and 0 or number(P .. ':sizes', '')
  if more > 0 and taken + all + more > most then return taken end
end

local function longest_unused(sort, scope)
  local found = redis.call('ZRANGE', P .. sort, 0, 1, 'WITHSCORES')
  local first = found[1] == scope and 3 or 1
  return found[first], tonumber(found[first + 1])
end

-- Forgets whole scopes until there is room for this one.
local function make_room(scope, scopes, most)
  while true do
    local called, stored = redis.call('ZCARD', P .. ':called') > scopes, redis.call('ZCARD', P .. ':stored') > scopes
    if not (called or stored) then
      local over = number(room, 'size') > most
      called, stored = over, over
    end
    local longest, used, by
    if called then longest, used = longest_unused(':called', scope) end
    if stored then
      local other, at_last = longest_unused(':stored', scope)
      if other and (not longest or at_last < used) then longest, by = other, 'stored' end
    end
    if not longest then return end
    for _, kind in ipairs(redis.call('SMEMBERS', P .. ':kinds')) do forget_table(kind, longest) end
    forget_names(longest)
    if by == 'stored' then tell() end
  end
end
"""
)

# tell, scopes and bytes that are kept, how many of a kind, then kind, scope, id, data, chat of each record -> nothing;
# or "there", "orphan" and which, or "full" and what the scope takes
ADD = (
    _ROOM
    + """
local FIRST, scope, more = 5, ARGV[6], 0
local coming = {}
for i = FIRST, #ARGV, 5 do if ARGV[i] == 'Chat' then coming[ARGV[i + 2]] = true end end
for i = FIRST, #ARGV, 5 do
  local which = (i - FIRST) / 5
  if redis.call('HEXISTS', at(ARGV[i], scope), ARGV[i + 2]) == 1 then return {'there', which} end
  local chat = ARGV[i + 4]
  if chat ~= '' and not coming[chat] and redis.call('HEXISTS', at('Chat', scope), chat) == 0 then
    return {'orphan', which}
  end
  more = more + #ARGV[i + 3] + RECORD
end
local taken = refused(scope, more, tonumber(ARGV[3]))
if taken then return {'full', taken} end
local told, most = ARGV[1] == '1', cjson.decode(ARGV[4])
for i = FIRST, #ARGV, 5 do
  local kind, id = ARGV[i], ARGV[i + 2]
  local n = redis.call('HINCRBY', world, 'n', 1)
  redis.call('HSET', at(kind, scope), id, n .. ' ' .. ARGV[i + 3])
  if ARGV[i + 4] ~= '' then redis.call('HSET', P .. ':c:' .. scope, id, ARGV[i + 4]) end
  change_table(kind, scope, #ARGV[i + 3] + RECORD, 1)
  told = redis.call('SADD', P .. ':kinds', kind) == 1 or told
  if most[kind] and redis.call('HLEN', at(kind, scope)) > most[kind] then
    local table, oldest, first = redis.call('HGETALL', at(kind, scope)), nil, nil
    for j = 1, #table, 2 do
      local came = tonumber(string.match(table[j + 1], '^%d+'))
      if not first or came < first then oldest, first = table[j], came end
    end
    remove(kind, scope, oldest)
  end
end
make_room(scope, tonumber(ARGV[2]), tonumber(ARGV[3]))
if told then tell() end
return false
"""
)

# tell, scopes and bytes that are kept, kind, scope, id, what was there, what is to be there -> 1 if it was; or what the
# scope takes, in a list, when there is no room
SWAP = (
    _ROOM
    + """
local kind, scope = ARGV[4], ARGV[5]
if redis.call('HGET', at(kind, scope), ARGV[6]) ~= ARGV[7] then return 0 end
local more = #ARGV[8] - #ARGV[7]
local taken = refused(scope, more, tonumber(ARGV[3]))
if taken then return {taken} end
redis.call('HSET', at(kind, scope), ARGV[6], ARGV[8])
if more ~= 0 then
  change_table(kind, scope, more, 0)
  make_room(scope, tonumber(ARGV[2]), tonumber(ARGV[3]))
end
if ARGV[1] == '1' then tell() end
return 1
"""
)

# tell, kind, scope, ids... -> how many were there
REMOVE = (
    _ROOM
    + """
local kind, scope, count, gone = ARGV[2], ARGV[3], 0, {}
for i = 4, #ARGV do
  count = count + remove(kind, scope, ARGV[i])
  gone[ARGV[i]] = true
end
if kind == 'Chat' then
  local rows = redis.call('HGETALL', P .. ':c:' .. scope)
  for i = 1, #rows, 2 do if gone[rows[i + 1]] then remove('Completion', scope, rows[i]) end end
end
if ARGV[1] == '1' then tell() end
return count
"""
)

# "all" or "one", scope, "only" or "but", kinds...: forgets tables, only of these kinds or of all but these
FORGET = (
    _ROOM
    + """
local named = {}
for i = 4, #ARGV do named[ARGV[i]] = true end
for _, name in ipairs(redis.call('HKEYS', P .. ':tables')) do
  local kind, scope = string.match(name, '^(%w+):(.*)$')
  if (ARGV[1] == 'all' or scope == ARGV[2]) and (named[kind] or false) == (ARGV[3] == 'only') then
    forget_table(kind, scope)
  end
end
if ARGV[3] == 'only' and ARGV[1] == 'all' then
  for kind in pairs(named) do redis.call('SREM', P .. ':kinds', kind) end
end
if ARGV[3] == 'but' then
  local scopes = ARGV[1] == 'all' and redis.call('HKEYS', P .. ':sizes') or {ARGV[2]}
  for _, scope in ipairs(scopes) do forget_names(scope) end
end
tell()
"""
)

# scopes and bytes that are kept, scope, name, how many names are kept -> how often it was counted before
NEXT = (
    _ROOM
    + """
local scope = ARGV[3]
local counts, names = P .. ':o:' .. scope, P .. ':names:' .. scope
local value = redis.call('HINCRBY', counts, ARGV[4], 1)
redis.call('ZADD', names, redis.call('HINCRBY', room, 'uses', 1), ARGV[4])
if value == 1 then
  if redis.call('ZCARD', names) > tonumber(ARGV[5]) then
    redis.call('HDEL', counts, redis.call('ZPOPMIN', names)[1])
  else
    change(scope, NAME, 0)
    make_room(scope, tonumber(ARGV[1]), tonumber(ARGV[2]))
  end
end
return value - 1
"""
)

# scope: it is in use
USE = (
    COMMON
    + """
for _, sort in ipairs({P .. ':called', P .. ':stored'}) do
  if redis.call('ZSCORE', sort, ARGV[1]) then
    redis.call('ZADD', sort, redis.call('HINCRBY', room, 'uses', 1), ARGV[1])
  end
end
"""
)

# -> scopes that were called, scopes in which something was stored, bytes
KEPT = (
    COMMON
    + """
local size = redis.call('HGET', room, 'size') or '0'
return {redis.call('ZCARD', P .. ':called'), redis.call('ZCARD', P .. ':stored'), tonumber(size)}
"""
)

# how many scopes, scopes..., kinds... -> version, kinds, then of each scope and kind all ids and values
VIEW = (
    COMMON
    + """
local most = tonumber(ARGV[1]) + 1
local view = {redis.call('HGET', world, 'version') or '0', redis.call('SMEMBERS', P .. ':kinds')}
for s = 2, most do
  for k = most + 1, #ARGV do view[#view + 1] = redis.call('HGETALL', at(ARGV[k], ARGV[s])) end
end
return view
"""
)
