/** Functions that the scripts share. Redis passes a Lua number on without losing digits below 2^53. */
const shared = `
local function dropped_of(d)
  local parts = {}
  local all = redis.call('HGETALL', d)
  for i = 1, #all, 2 do
    local n, from, to = string.match(all[i + 1], '^(%d+):(-?%d+):(-?%d+)$')
    parts[#parts + 1] = { all[i], tonumber(n), tonumber(from), tonumber(to) }
  end
  return parts
end

local function trim(m, d, keep_from)
  local removed = redis.call('ZREMRANGEBYSCORE', m, '-inf', keep_from - 1)
  if redis.call('EXISTS', d) == 1 then
    for _, part in ipairs(dropped_of(d)) do
      if part[4] < keep_from then redis.call('HDEL', d, part[1]) end
    end
  end
  return removed
end

local function count_ranges(m, d, first, n)
  local views = {}
  local parts = n > 0 and dropped_of(d) or {}
  for i = 0, n - 1 do
    local from, to = tonumber(ARGV[first + 3 * i]), tonumber(ARGV[first + 3 * i + 1])
    local count = redis.call('ZCOUNT', m, from, to)
    for _, part in ipairs(parts) do
      if part[3] <= to and part[4] >= from then count = count + part[2] end
    end
    local limit = ARGV[first + 3 * i + 2]
    views[#views + 1] = { count, redis.call('ZRANGEBYSCORE', m, from, to, 'WITHSCORES', 'LIMIT', 0, limit) }
  end
  return views
end
`;

/**
 * KEYS members, group, dropped, idle, due, marks. ARGV reach, span, lateness, keep, ttl, expires at, version of a new
 * group, key, name prefix of the shard, most groups, most members, thinning head, tail and trigger, number of
 * members, of ranges, 1 if the group is whole; then id, at, advances of each member in order of at; then from, to,
 * limit of each range.
 * Returns version, latest, expires at, state, late, known, runs, ranges, how much was evicted.
 */
export const stepScript: string = `${shared}
local m, g, d, idle, due, marks = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local reach, span, lateness, keep = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local ttl, expires_at, seed, key, base = ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local max_groups, max_members = tonumber(ARGV[10]), tonumber(ARGV[11])
local head, tail, trigger = tonumber(ARGV[12]), tonumber(ARGV[13]), tonumber(ARGV[14])
local n, n_ranges, whole = tonumber(ARGV[15]), tonumber(ARGV[16]), ARGV[17] == '1'
local row = redis.call('HMGET', g, 'v', 'l', 's')
local latest, state = tonumber(row[2] or nil), row[3]

local function score_at(rank)
  if rank < 0 then return nil end
  return tonumber(redis.call('ZRANGE', m, rank, rank, 'WITHSCORES')[2])
end

local function add()
  local horizon = latest and latest - lateness
  local late, known, times, added = {}, {}, {}, 0
  for i = 0, n - 1 do
    local id, at = ARGV[18 + 3 * i], tonumber(ARGV[19 + 3 * i])
    local past = horizon and at < horizon
    if past and not redis.call('ZSCORE', m, id) then
      late[#late + 1] = i
    else
      times[#times + 1] = at
      if past or redis.call('ZADD', m, 'NX', at, id) == 0 then
        known[#known + 1] = i
      else
        added = added + 1
        if whole then redis.call('ZADD', marks, 'GT', at, string.match(id, '%S+$')) end
        if ARGV[20 + 3 * i] == '1' and (not latest or at > latest) then latest = at end
      end
    end
  end
  return late, known, times, added
end

local function crowded(at)
  if whole then return redis.call('ZCOUNT', marks, at - span, '+inf') >= reach end
  return redis.call('ZCOUNT', m, at - span, at + span) >= reach
end

local function runs_around(times)
  local found, previous = {}, nil
  for _, at in ipairs(times) do
    if at ~= previous and crowded(at) then
      local stop, start = at, at
      if whole then
        stop = at + span
      elseif reach > 1 then
        local after = redis.call('ZCOUNT', m, '-inf', at)
        stop = math.min(at + span, score_at(after + reach - 2) or at + span)
      end
      local last = found[#found]
      if last and at <= last[2] then
        last[2] = math.max(last[2], stop)
      else
        if whole then
          start = at - span
        elseif reach > 1 then
          local before = redis.call('ZCOUNT', m, '-inf', at - 1)
          start = math.max(at - span, score_at(before - reach + 1) or at - span)
        end
        if last and start <= last[2] then last[2] = stop else found[#found + 1] = { start, stop, at } end
      end
    end
    previous = at
  end
  local runs = {}
  for i, run in ipairs(found) do
    runs[i] = { run[3], redis.call('ZRANGEBYSCORE', m, run[1], run[2], 'WITHSCORES') }
  end
  return runs
end

local function drop(first, last)
  local from, to = score_at(first), score_at(last)
  local removed = redis.call('ZREMRANGEBYRANK', m, first, last)
  local stretch = string.format('%.0f', math.floor(from / span))
  local before = redis.call('HGET', d, stretch)
  if before then
    local count, low, high = string.match(before, '^(%d+):(-?%d+):(-?%d+)$')
    removed, from, to = removed + tonumber(count), math.min(from, tonumber(low)), math.max(to, tonumber(high))
  end
  redis.call('HSET', d, stretch, string.format('%.0f:%.0f:%.0f', removed, from, to))
end

local function thin(times)
  local previous = nil
  for _, at in ipairs(times) do
    local start = math.floor(at / span) * span
    if start ~= previous then
      local stored = redis.call('ZCOUNT', m, start, start + span - 1)
      if stored > trigger then
        local rank = redis.call('ZCOUNT', m, '-inf', start - 1)
        drop(rank + head, rank + stored - tail - 1)
      end
    end
    previous = start
  end
end

local function shrink()
  local size = redis.call('ZCARD', m)
  if size <= max_members then return 0 end
  local excess = size - math.floor(max_members * 0.9)
  local left = excess
  while left > 0 do
    local stop = (math.floor(score_at(0) / span) + 1) * span - 1
    local part = math.min(left, redis.call('ZCOUNT', m, '-inf', stop))
    drop(0, part - 1)
    left = left - part
  end
  return excess
end

local function evict()
  local excess = redis.call('ZCARD', idle) - max_groups
  if excess <= 0 then return 0 end
  local oldest = redis.call('ZPOPMIN', idle, excess)
  for i = 1, #oldest, 2 do
    local name = base .. redis.sha1hex(oldest[i])
    redis.call('DEL', name .. ':m', name .. ':g', name .. ':d', name .. ':k')
    redis.call('ZREM', due, oldest[i])
  end
  return excess
end

local late, known, times, added = add()
local runs = runs_around(times)
local evicted = 0
if added > 0 then
  if not whole and redis.call('ZCARD', m) > trigger then thin(times) end
  evicted = shrink()
  if not state and latest then
    trim(m, d, latest - keep)
    if whole then redis.call('ZREMRANGEBYSCORE', marks, '-inf', latest - keep - 1) end
  end
  if latest then redis.call('HSET', g, 'l', latest) end
  if row[1] then redis.call('HINCRBY', g, 'v', 1) else redis.call('HSET', g, 'v', seed) end
end
redis.call('HSET', g, 'x', expires_at)
redis.call('ZADD', idle, expires_at, key)
for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], ttl) end
if whole then redis.call('PEXPIRE', marks, ttl) end
evicted = evicted + evict()
local version = redis.call('HGET', g, 'v') or 0
return {
  tonumber(version), latest or false, tonumber(expires_at), state, late, known, runs,
  count_ranges(m, d, 18 + 3 * n, n_ranges), evicted
}
`;

/** KEYS members, group, dropped. ARGV from, to, limit of each range. Returns version, latest, expires at, state, ranges. */
export const lookScript: string = `${shared}
local row = redis.call('HMGET', KEYS[2], 'v', 'l', 'x', 's')
return {
  tonumber(row[1] or 0), tonumber(row[2] or nil) or false, tonumber(row[3] or nil) or false, row[4],
  count_ranges(KEYS[1], KEYS[3], 1, #ARGV / 3)
}
`;

/**
 * KEYS members, group, dropped, idle, due, marks. ARGV key, version, keep from, due at (empty: none), state (left out:
 * none). Returns 1 if taken, 0 if the group has changed.
 */
export const commitScript: string = `${shared}
local m, g, d, idle, due, marks = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local key, version, keep_from, due_at, state = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local stored = redis.call('HGET', g, 'v') or '0'
if stored ~= version then return 0 end
if stored ~= '0' then
  trim(m, d, keep_from)
  redis.call('ZREMRANGEBYSCORE', marks, '-inf', keep_from - 1)
end
if stored == '0' or (not state and redis.call('ZCARD', m) == 0) then
  redis.call('DEL', m, g, d, marks)
  redis.call('ZREM', idle, key)
  redis.call('ZREM', due, key)
  return 1
end
redis.call('HINCRBY', g, 'v', 1)
if state then redis.call('HSET', g, 's', state) else redis.call('HDEL', g, 's') end
if due_at == '' then redis.call('ZREM', due, key) else redis.call('ZADD', due, due_at, key) end
return 1
`;

/** KEYS due, idle. ARGV now, end of the lease, limit. Returns the keys of the groups leased. */
export const dueScript: string = `
local keys = {}
for _, index in ipairs(KEYS) do
  local left = tonumber(ARGV[3]) - #keys
  if left > 0 then
    for _, key in ipairs(redis.call('ZRANGEBYSCORE', index, '-inf', ARGV[1], 'LIMIT', 0, left)) do
      redis.call('ZADD', index, ARGV[2], key)
      keys[#keys + 1] = key
    end
  end
end
return keys
`;

/** KEYS generation. ARGV a new id. Returns the id of what the store holds: the new one when it holds nothing of before. */
export const generationScript: string = `
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return redis.call('GET', KEYS[1])
`;
