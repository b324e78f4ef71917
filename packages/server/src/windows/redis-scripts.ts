import { groupScript } from "./redis-group-script.ts";
import { runsScript } from "./redis-runs-script.ts";

/**
 * Steps on groups of one shard, each of them atomic, as all of them are.
 *
 * KEYS idle, due. ARGV prefix of the shard; now; version of a new group; most groups of the shard; how much may be read
 * before it ends early; JSON of the settings; JSON of the steps.
 * Settings: kind; reach, or how many marks decide anything; how many marks decide all; span; lateness; keep; most members;
 * thinning head, tail and trigger, 0 for a group that is not thinned; reach less one, as text.
 * The steps follow each other in one list: id; key; number of the settings; when it expires; how many members; numbers of
 * those that do not advance; ranges as from, to and limit in turn; then the members as time and id in turn, in order.
 * Lists may be false for none.
 * Returns JSON: how much was evicted, then for each of the first steps, one of them at least: version, edition, latest,
 * expires at (false after a step with members, which has set it), state, late, known, runs, ranges, all but the first false
 * for none. Ranges are count and list in turn.
 */
export const stepScript: string = `${groupScript}${runsScript}
local now, seed, max_groups, budget = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local settings, steps = cjson.decode(ARGV[6]), cjson.decode(ARGV[7])
local lateness, keep, cap, head, tail, trigger
local evicted, created, none = 0, 0, {}

local function use(setting)
  kind, reach, enough, span, lateness, keep, cap, head, tail, trigger, deep = unpack(setting)
end

-- When each mark of the step had been seen before; nobody asks where the step has one time only.
local function note_marks(times)
  marks = none
  if #added == 0 or (kind ~= 'marks' and kind ~= 'order') then return end
  local list, names = {}, {}
  for i = 1, #added, 2 do
    names[#names + 1] = mark_in(added[i + 1])
    list[i], list[i + 1] = added[i], names[#names]
  end
  if kind == 'marks' and #times > 1 then
    marks = {}
    local seen = call('ZMSCORE', other('k'), unpack(names))
    for i, name in ipairs(names) do marks[name] = seen[i] end
  end
  call('ZADD', other('k'), 'GT', unpack(list))
end

-- Most steps have one member: it is known when it cannot be added.
local function add_one(text, name, still)
  local at = tonumber(text)
  local is_past = at < max(latest - lateness, closed)
  if is_past and not call('ZSCORE', m, name) then return none, { 0 }, none end
  if is_past or call('ZADD', m, 'NX', text, name) == 0 then return { at }, none, { 0 } end
  added, is_ordered, newest = { text, name }, at > newest, max(newest, at)
  if at > latest and not still then latest = at end
  return { at }, none, none
end

local function stored_before(members)
  if not exists then return none end
  local names = {}
  for i = 2, #members, 2 do names[i / 2] = members[i] end
  return call('ZMSCORE', m, unpack(names))
end

local function add_all(members, still)
  local horizon, stored, newest_before = max(latest - lateness, closed), stored_before(members), newest
  local times, late, known, here, ahead = {}, {}, {}, {}, {}
  for _, i in ipairs(still or none) do ahead[i] = true end
  for i = 1, #members / 2 do
    local text, name = members[2 * i - 1], members[2 * i]
    local at = tonumber(text)
    local is_known = stored[i] or here[name]
    if at < horizon and not is_known then
      late[#late + 1] = i - 1
    else
      if times[#times] ~= at then times[#times + 1] = at end
      if is_known then
        known[#known + 1] = i - 1
      else
        added[#added + 1], added[#added + 2] = text, name
        here[name], newest = true, max(newest, at)
        if at > latest and not ahead[i - 1] then latest = at end
      end
    end
  end
  if #added > 0 then call('ZADD', m, unpack(added)) end
  is_ordered = #known == 0 and #added > 0 and tonumber(added[1]) > newest_before
  return times, late, known
end

-- Returns the times of what is not late, and the numbers of what is late and of what is known.
local function add(members, still)
  added, is_ordered = {}, false
  if #members == 2 then return add_one(members[1], members[2], still) end
  return add_all(members, still)
end

local function score_at(rank)
  return tonumber(call('ZRANGE', m, rank, rank, 'WITHSCORES')[2])
end

local function drop(first, last)
  local from, to = score_at(first), score_at(last)
  local removed = call('ZREMRANGEBYRANK', m, first, last)
  size = size - removed
  local d, stretch = other('d'), format('%.0f', math.floor(from / span))
  local before = call('HGET', d, stretch)
  if before then
    local n, low, high = string.match(before, '^(%d+):(-?%d+):(-?%d+)$')
    removed, from, to = removed + tonumber(n), math.min(from, tonumber(low)), max(to, tonumber(high))
  end
  call('HSET', d, stretch, format('%.0f:%.0f:%.0f', removed, from, to))
  if dropped == 0 then
    dropped = 1
    call('PEXPIRE', d, max(least_ttl, call('PTTL', g)))
  end
end

local function thin(times)
  local previous = nil
  for _, at in ipairs(times) do
    local start = math.floor(at / span) * span
    if start ~= previous then
      local stored = call('ZCOUNT', m, start, start + span - 1)
      if stored > trigger then
        local rank = call('ZCOUNT', m, '-inf', start - 1)
        drop(rank + head, rank + stored - tail - 1)
      end
    end
    previous = start
  end
end

local function shrink()
  local excess = call('ZCARD', m) - cap
  if excess <= 0 then return end
  excess = excess + cap - math.floor(cap * 0.9)
  evicted = evicted + excess
  while excess > 0 do
    local stop = (math.floor(score_at(0) / span) + 1) * span - 1
    local part = math.min(excess, call('ZCOUNT', m, '-inf', stop))
    drop(0, part - 1)
    excess = excess - part
  end
end

local function keep_within_bounds(times)
  if size > cap or (trigger > 0 and size > trigger) then
    trim(floor)
    if trigger > 0 and size > trigger then thin(times) end
    if size > cap then shrink() end
  end
  if stated == 0 and latest - keep > floor then
    floor = latest - keep
    if floor - oldest > keep / 4 then trim(floor) end
  end
end

local function touch(expires_at)
  local left = max(0, expires_at - now)
  expires = expires_at
  if indexed <= expires and expires - indexed <= left / 10 then return nil end
  indexed = expires
  call('ZADD', idle, expires, id)
  local ttl = format('%.0f', left + left / 10 + least_ttl)
  if size > 0 then call('PEXPIRE', m, ttl) end
  if kind == 'marks' or kind == 'order' then call('PEXPIRE', other('k'), ttl) end
  if dropped == 1 then call('PEXPIRE', other('d'), ttl) end
  if stated == 1 then call('PEXPIRE', other('s'), ttl) end
  return ttl
end

local function store(key, expires_at)
  local ttl = touch(expires_at)
  if exists then
    save()
    if ttl then call('PEXPIRE', g, ttl) end
  else
    call('SET', g, head_of() .. key, 'PX', ttl)
    created = created + 1
  end
end

local function take(key, expires_at, members, still)
  -- Its list may be left, where a server threw away keys.
  if not exists then call('DEL', m, other('k'), other('d'), other('s')) end
  if tonumber(members[1]) < floor + span then
    trim(floor)
    floor = -math.huge
  end
  local times, late, known = add(members, still)
  size = size + #added / 2
  note_marks(times)
  local runs = runs_around(times, members)
  if #added > 0 then
    version = exists and version + 1 or seed
    oldest = math.min(oldest, tonumber(added[1]))
    keep_within_bounds(times)
  end
  store(key, expires_at)
  return #late > 0 and late, #known > 0 and known, runs
end

local function count_ranges(ranges)
  local views, parts = {}, dropped_parts()
  for i = 1, #ranges, 3 do
    local from, to = max(ranges[i], floor), ranges[i + 1]
    local count, first = call('ZCOUNT', m, from, to), false
    for _, part in ipairs(parts) do
      if part.to >= from and part.from <= to then count = count + part.n end
    end
    if ranges[i + 2] > 0 and count > 0 then
      first = call('ZRANGEBYSCORE', m, from, to, 'WITHSCORES', 'LIMIT', '0', ranges[i + 2])
      spent = spent + #first / 2
    end
    views[#views + 1], views[#views + 2] = count, #(first or {}) > 0 and first
  end
  return views
end

-- Those that were touched longest ago go; what stands in the index too early takes its place first.
local function evict()
  local excess = call('ZCARD', idle) - max_groups
  local patience = 2 * excess
  while excess > 0 do
    local oldest_id, score = unpack(call('ZPOPMIN', idle))
    load(oldest_id)
    if exists and patience > 0 and expires > tonumber(score) then
      patience, indexed = patience - 1, expires
      call('ZADD', idle, expires, id)
      save()
    else
      excess, evicted = excess - 1, evicted + 1
      remove()
    end
  end
end

-- As a number JSON would have it with 14 digits only, and it would take three times as long.
local function exact(n)
  return format('%d', n)
end

local function members_from(first, n)
  if n == 0 then return nil end
  if n == 1 then return { steps[first], steps[first + 1] } end
  local members = {}
  for i = 1, 2 * n do members[i] = steps[first + i - 1] end
  return members
end

local views, row = {}, 1
while steps[row] and spent < budget do
  local key, setting, expires_at, n = steps[row + 1], steps[row + 2], steps[row + 3], steps[row + 4]
  local still, ranges, members = steps[row + 5], steps[row + 6], members_from(row + 7, n)
  local late, known, runs = false, false, false
  load(steps[row])
  if members then
    use(settings[setting])
    late, known, runs = take(key, expires_at, members, still)
  end
  views[#views + 1] = {
    exact(version), edition > 0 and exact(edition), latest > -math.huge and exact(latest),
    exists and not members and exact(expires),
    stated == 1 and call('GET', other('s')), late, known, runs, ranges and count_ranges(ranges)
  }
  spent = spent + n + 1
  row = row + 7 + 2 * n
end
if created > 0 then evict() end
return cjson.encode({ evicted, views })
`;

/**
 * Commits to groups of one shard.
 *
 * KEYS idle, due. ARGV prefix of the shard; JSON of the commits: id, version, edition, what to keep from, what is closed
 * to, when it is due, state as text; the last four and the edition false for none. Returns 1 for each that was taken and
 * 0 for each whose group has changed.
 */
export const commitScript: string = `${groupScript}
local function is_current(known_version, known_edition)
  if known_edition then return edition == known_edition end
  return version == known_version
end

local function set_state(state)
  if state then
    call('SET', other('s'), state, 'PX', max(least_ttl, call('PTTL', g)))
  elseif stated == 1 then
    call('DEL', other('s'))
  end
  stated = state and 1 or 0
end

local function commit(keep_from, closed_to, due_at, state)
  trim(max(keep_from, floor))
  floor = -math.huge
  if not state and call('ZCARD', m) == 0 then return remove() end
  version = version + 1
  edition = version
  if closed_to then closed = max(closed, closed_to) end
  set_state(state)
  if due_at then call('ZADD', due, due_at, id) else call('ZREM', due, id) end
  save()
end

local taken = {}
for i, each in ipairs(cjson.decode(ARGV[2])) do
  local group, known_version, known_edition, keep_from, closed_to, due_at, state = unpack(each)
  load(group)
  local is_taken = is_current(known_version, known_edition)
  if is_taken and exists then commit(keep_from, closed_to, due_at, state) end
  taken[i] = is_taken and 1 or 0
end
return taken
`;

/**
 * Leases groups of one shard that are due or abandoned.
 *
 * KEYS idle, due. ARGV prefix of the shard, now, end of the lease, limit. Returns the keys of the groups.
 */
export const dueScript: string = `${groupScript}
local now, lease_end, limit = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local keys = {}

local function lease(index)
  call('ZADD', index, lease_end, id)
  if index == idle then
    indexed = lease_end
    save()
  end
  keys[#keys + 1] = call('GETRANGE', g, head_end, -1)
end

local function look_at(index)
  if not exists then
    call('ZREM', index, id)
  elseif index == idle and expires > tonumber(now) then
    indexed = expires
    call('ZADD', idle, expires, id)
    save()
  else
    lease(index)
  end
end

for _, index in ipairs({ due, idle }) do
  for round = 1, 20 do
    local ids = call('ZRANGEBYSCORE', index, '-inf', now, 'LIMIT', 0, math.min(100, limit - #keys))
    for _, each in ipairs(ids) do
      load(each)
      look_at(index)
    end
    if #ids == 0 or #keys >= limit then break end
  end
end
return keys
`;

/** KEYS generation. ARGV a new id. Returns the id of what the store holds: the new one when it holds nothing of before. */
export const generationScript: string = `
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return redis.call('GET', KEYS[1])
`;
