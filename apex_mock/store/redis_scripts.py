"""What is done inside Redis, in Lua: each script is one atomic step. KEYS[1] is the prefix of every key.

PREFIX:world        hash: schema, version, n (records ever added), and the journal's seq, first, entries, size, evicted
PREFIX:kinds        set of the kinds that there may be
PREFIX:tables       set of KIND:SCOPE, one for each table
PREFIX:t:KIND:SCOPE hash: id -> "n data", where n gives the order
PREFIX:scopes       set of the scopes that have ordinals
PREFIX:o:SCOPE      hash: name -> how often
PREFIX:names:SCOPE  list of those names, oldest first
PREFIX:journal      hash: seq -> "size head data", split by line ends; head is JSON of what an entry is found by
"""

_COMMON = """
local P = KEYS[1]
local world = P .. ':world'
local function at(kind, scope) return P .. ':t:' .. kind .. ':' .. scope end
local function tell() redis.call('HINCRBY', world, 'version', 1) end
"""

# tell, then kind, scope, id, data of each record -> nothing, or the number of the first that is there already
ADD = (
    _COMMON
    + """
for i = 2, #ARGV, 4 do
  if redis.call('HEXISTS', at(ARGV[i], ARGV[i + 1]), ARGV[i + 2]) == 1 then return (i - 2) / 4 end
end
local told = ARGV[1] == '1'
for i = 2, #ARGV, 4 do
  local n = redis.call('HINCRBY', world, 'n', 1)
  redis.call('HSET', at(ARGV[i], ARGV[i + 1]), ARGV[i + 2], n .. ' ' .. ARGV[i + 3])
  redis.call('SADD', P .. ':tables', ARGV[i] .. ':' .. ARGV[i + 1])
  told = redis.call('SADD', P .. ':kinds', ARGV[i]) == 1 or told
end
if told then tell() end
return false
"""
)

# tell, kind, scope, id, what was there, what is to be there -> 1 if it was
SWAP = (
    _COMMON
    + """
local key = at(ARGV[2], ARGV[3])
if redis.call('HGET', key, ARGV[4]) ~= ARGV[5] then return 0 end
redis.call('HSET', key, ARGV[4], ARGV[6])
if ARGV[1] == '1' then tell() end
return 1
"""
)

# tell, then kind, scope, id of each record -> how many were there
REMOVE = (
    _COMMON
    + """
local count = 0
for i = 2, #ARGV, 3 do
  local key = at(ARGV[i], ARGV[i + 1])
  count = count + redis.call('HDEL', key, ARGV[i + 2])
  if redis.call('EXISTS', key) == 0 then redis.call('SREM', P .. ':tables', ARGV[i] .. ':' .. ARGV[i + 1]) end
end
if ARGV[1] == '1' then tell() end
return count
"""
)

# kind -> how many in all scopes
COUNT = (
    _COMMON
    + """
local count = 0
for _, name in ipairs(redis.call('SMEMBERS', P .. ':tables')) do
  if string.sub(name, 1, #ARGV[1] + 1) == ARGV[1] .. ':' then
    count = count + redis.call('HLEN', P .. ':t:' .. name)
  end
end
return count
"""
)

# "all" or "one", scope, "only" or "but", kinds...: forgets tables, only of these kinds or of all but these
FORGET = (
    _COMMON
    + """
local named = {}
for i = 4, #ARGV do named[ARGV[i]] = true end
for _, name in ipairs(redis.call('SMEMBERS', P .. ':tables')) do
  local kind, scope = string.match(name, '^(%w+):(.*)$')
  if (ARGV[1] == 'all' or scope == ARGV[2]) and (named[kind] or false) == (ARGV[3] == 'only') then
    redis.call('DEL', P .. ':t:' .. name)
    redis.call('SREM', P .. ':tables', name)
  end
end
if ARGV[3] == 'only' and ARGV[1] == 'all' then
  for kind in pairs(named) do redis.call('SREM', P .. ':kinds', kind) end
end
if ARGV[3] == 'but' then
  local scopes = ARGV[1] == 'all' and redis.call('SMEMBERS', P .. ':scopes') or {ARGV[2]}
  for _, scope in ipairs(scopes) do
    redis.call('DEL', P .. ':o:' .. scope, P .. ':names:' .. scope)
    redis.call('SREM', P .. ':scopes', scope)
  end
end
tell()
"""
)

# scope, name, how many names are kept -> how often it was counted before
NEXT = (
    _COMMON
    + """
local counts, names = P .. ':o:' .. ARGV[1], P .. ':names:' .. ARGV[1]
local value = redis.call('HINCRBY', counts, ARGV[2], 1)
if value == 1 then
  redis.call('SADD', P .. ':scopes', ARGV[1])
  if redis.call('RPUSH', names, ARGV[2]) > tonumber(ARGV[3]) then
    redis.call('HDEL', counts, redis.call('LPOP', names))
  end
end
return value - 1
"""
)

# how many scopes, scopes..., kinds... -> version, kinds, then of each scope and kind all ids and values
VIEW = (
    _COMMON
    + """
local most = tonumber(ARGV[1]) + 1
local view = {redis.call('HGET', world, 'version') or '0', redis.call('SMEMBERS', P .. ':kinds')}
for s = 2, most do
  for k = most + 1, #ARGV do view[#view + 1] = redis.call('HGETALL', at(ARGV[k], ARGV[s])) end
end
return view
"""
)

_LOG = (
    _COMMON
    + """
local journal = P .. ':journal'
local function number(field) return tonumber(redis.call('HGET', world, field) or '0') end
local function size(value) return tonumber(string.match(value, '^%d+')) end
local function forget(seq, value)
  redis.call('HDEL', journal, seq)
  redis.call('HINCRBY', world, 'entries', -1)
  redis.call('HINCRBY', world, 'size', -size(value))
end
"""
)

# seq or 0, entry, most entries, most bytes -> seq
WRITE = (
    _LOG
    + """
local seq = ARGV[1]
if seq == '0' then
  seq = redis.call('HINCRBY', world, 'seq', 1)
  redis.call('HINCRBY', world, 'entries', 1)
else
  local before = redis.call('HGET', journal, seq)
  if not before then return tonumber(seq) end
  redis.call('HINCRBY', world, 'size', -size(before))
end
redis.call('HSET', journal, seq, ARGV[2])
redis.call('HINCRBY', world, 'size', size(ARGV[2]))
local first = number('first')
while number('entries') > 0 and (number('entries') > tonumber(ARGV[3]) or number('size') > tonumber(ARGV[4])) do
  first = first + 1
  local oldest = redis.call('HGET', journal, first)
  if oldest then
    forget(first, oldest)
    redis.call('HINCRBY', world, 'evicted', 1)
  end
end
redis.call('HSET', world, 'first', first)
return tonumber(seq)
"""
)

# since, then field and value of what is wanted -> seqs and entries' data
READ = (
    _LOG
    + """
local found = {}
for seq = math.max(tonumber(ARGV[1]), number('first')) + 1, number('seq') do
  local value = redis.call('HGET', journal, seq)
  if value then
    local head, data = string.match(value, '^%d+\\n([^\\n]*)\\n(.*)$')
    local fields, fits = #ARGV > 1 and cjson.decode(head) or {}, true
    for i = 2, #ARGV, 2 do fits = fits and fields[ARGV[i]] == ARGV[i + 1] end
    if fits then
      found[#found + 1] = seq
      found[#found + 1] = data
    end
  end
end
return found
"""
)

# -> the owners
OWNERS = (
    _LOG
    + """
local found = {}
for _, value in ipairs(redis.call('HVALS', journal)) do
  found[cjson.decode(string.match(value, '^%d+\\n([^\\n]*)'))['owner']] = true
end
local owners = {}
for owner in pairs(found) do owners[#owners + 1] = owner end
return owners
"""
)

# "all" or "one", scope
CLEAR = (
    _LOG
    + """
for seq = number('first') + 1, number('seq') do
  local value = redis.call('HGET', journal, seq)
  if value and (ARGV[1] == 'all' or cjson.decode(string.match(value, '^%d+\\n([^\\n]*)'))['scope'] == ARGV[2]) then
    forget(seq, value)
  end
end
"""
)
