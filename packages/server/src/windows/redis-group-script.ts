/**
 * The first lines of every script about groups: what a group is in Redis, and what is done to it in several of them.
 *
 * A group has an id, a hash of its key. Under the prefix of its shard, which is ARGV[1], it has up to five keys:
 *
 * - `g:<id>`, a string: its head, and after that its key. Every step reads and writes the head, and mostly nothing else of
 *   fixed size: twelve numbers in one string are read at the price of one.
 * - `m:<id>`, a sorted set: its members by time.
 * - `k:<id>`, a sorted set: when each mark was last seen, where members have marks.
 * - `d:<id>`, a hash: how many members were dropped of each stretch, and between which times.
 * - `s:<id>`, a string: its state.
 *
 * KEYS of every script: the sorted sets `idle` and `due` of the shard, which hold ids. They and all keys of the shard
 * have one hash tag, so that they are in one place on a Redis Cluster too.
 *
 * In `idle` a group stands at `indexed`, which is at most a tenth of its time to live before it is abandoned: mostly a step
 * has nothing to move there. What is older than `floor` is gone, though it may still be stored: a step of a group without
 * state would else have to remove something almost each time. `oldest` is no later than any member, `newest` no earlier,
 * `size` no less than how many are stored. Redis passes a Lua number on without losing digits below 2^53; as text it
 * does so twice as fast.
 */
export const groupScript: string = `
local call, tonumber, max, format, pack = redis.call, tonumber, math.max, string.format, struct.pack
local idle, due, base = KEYS[1], KEYS[2], ARGV[1]
local heads, lists = base .. 'g:', base .. 'm:'
local layout, head_end = '<ddddddddddBB', 82
-- How long after its group is abandoned a key goes by itself, if no sweep has removed it, milliseconds.
local least_ttl = 3600000
local id, g, m, exists
local version, edition, latest, closed, expires, indexed, floor, oldest, newest, size, stated, dropped

local function load(group)
  id, g, m = group, heads .. group, lists .. group
  local head = call('GETRANGE', g, '0', '81')
  exists = head ~= ''
  if exists then
    version, edition, latest, closed, expires, indexed, floor, oldest, newest, size, stated, dropped =
      struct.unpack(layout, head)
  else
    version, edition, latest, closed, expires, indexed = 0, 0, -math.huge, -math.huge, 0, -math.huge
    floor, oldest, newest, size, stated, dropped = -math.huge, math.huge, -math.huge, 0, 0, 0
  end
end

local function head_of()
  return pack(
    layout, version, edition, latest, closed, expires, indexed, floor, oldest, newest, size, stated, dropped
  )
end

local function save()
  call('SETRANGE', g, '0', head_of())
end

local function other(letter)
  return base .. letter .. ':' .. id
end

local function remove()
  call('DEL', g, m, other('k'), other('d'), other('s'))
  call('ZREM', idle, id)
  call('ZREM', due, id)
end

local function dropped_parts()
  local parts = {}
  if dropped == 0 then return parts end
  local all = call('HGETALL', other('d'))
  for i = 1, #all, 2 do
    local n, from, to = string.match(all[i + 1], '^(%d+):(-?%d+):(-?%d+)$')
    parts[#parts + 1] = { stretch = all[i], n = tonumber(n), from = tonumber(from), to = tonumber(to) }
  end
  return parts
end

local function trim(keep_from)
  if keep_from <= oldest then return end
  size = max(0, size - call('ZREMRANGEBYSCORE', m, '-inf', keep_from - 1))
  call('ZREMRANGEBYSCORE', other('k'), '-inf', keep_from - 1)
  for _, part in ipairs(dropped_parts()) do
    if part.to < keep_from then call('HDEL', other('d'), part.stretch) end
  end
  oldest = keep_from
  -- What is made anew has no time to live yet.
  if size == 0 then indexed = -math.huge end
end
`;
