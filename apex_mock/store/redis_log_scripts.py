"""What is done inside Redis to the journal, in Lua: as in redis_scripts.

PREFIX:journal      hash: seq -> "size head data", split by line ends; head is JSON of what an entry is found by
"""

from apex_mock.store.redis_scripts import COMMON

_LOG = (
    COMMON
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
