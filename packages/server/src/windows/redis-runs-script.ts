/**
 * The part of the step's script that finds runs. A run is `{ from, older, members }`: `older`, the latest first, and
 * `members` are lists of id and time in turn, false for none. A step of one member may have a
 * text for its runs: then this member is the only one to decide about, and as many as matter lie between the time that the
 * text tells and it. It works on what the step has set: `added` (time and id of
 * what was stored, in turn and in order), `is_ordered` (all of the step's members are later than
 * any stored before) and `marks` (when those of the step's marks had been seen before: mark to text, or false).
 */
export const runsScript: string = `
local kind, reach, enough, span, deep
local added, is_ordered, marks
local spent = 0

-- Members from a rank on, in lists side by side, read as far as somebody looks.
local ids, texts, ats, filled, next_rank, chunk

local function open(rank, expected)
  ids, texts, ats, filled, next_rank, chunk = {}, {}, {}, 0, rank, expected
end

local function read_on()
  if not next_rank then return false end
  local part = call('ZRANGE', m, next_rank, next_rank + chunk - 1, 'WITHSCORES')
  for i = 1, #part, 2 do
    filled = filled + 1
    ids[filled], texts[filled], ats[filled] = part[i], part[i + 1], tonumber(part[i + 1])
  end
  spent = spent + #part / 2
  next_rank = #part == 2 * chunk and next_rank + chunk or nil
  chunk = math.min(2 * chunk, 1000)
  return #part > 0
end

local function has(position)
  while filled < position do
    if not read_on() then return false end
  end
  return true
end

local function slice(first, last)
  local flat, n = {}, 0
  for position = first, last do
    flat[n + 1], flat[n + 2] = ids[position], texts[position]
    n = n + 2
  end
  return n > 0 and flat
end

local function mark_in(member)
  return string.match(member, '^.* (.*)$') or member
end

-- One member after all others, as most are: its window holds enough if the one that is last but reach lies in it. The time
-- of that one decides the same as all between them.
local function run_at_end(at)
  local earliest = call('ZREVRANGE', m, deep, deep, 'WITHSCORES')[2]
  return earliest and tonumber(earliest) >= at - span and earliest
end

local function is_at_end(text, name)
  if is_ordered then return true end
  return tonumber(text) == newest and call('ZREVRANGE', m, '0', '0')[1] == name and call('ZCOUNT', m, text, text) == 1
end

local function counted_run(times, position)
  local from = times[position]
  local rank = call('ZCOUNT', m, '-inf', from - 1)
  local lead = math.min(rank, reach - 1)
  open(rank - lead, lead + reach + #times - position)
  local last, stop = lead, from
  repeat
    local at = times[position]
    while has(last + 1) and ats[last + 1] <= at do last = last + 1 end
    if reach == 1 then
      stop = at
    else
      stop = has(last + reach - 1) and math.min(at + span, ats[last + reach - 1]) or at + span
    end
    position = position + 1
  until position > #times or times[position] > stop
  while has(last + 1) and ats[last + 1] <= stop do last = last + 1 end
  local first = 1
  while first <= lead and ats[first] < from - span do first = first + 1 end
  return { from, false, slice(first, last) }, position
end

local function is_crowded(at)
  if kind == 'count' then return call('ZCOUNT', m, at - span, at + span) >= reach end
  return call('ZCOUNT', other('k'), at - span, '+inf') >= reach
end

-- The latest marks before a time by when they were last seen; right for those that were not seen since.
local function last_seen(from)
  local list = call('ZREVRANGEBYSCORE', other('k'), from - 1, from - span, 'WITHSCORES', 'LIMIT', '0', enough)
  for i = 1, #list, 2 do list[i] = ' ' .. list[i] end
  return list
end

-- Marks that were seen at a time or later, and not at that time: the index no longer tells when they were before it, but
-- may have told so before the step.
local function forgotten(from)
  local skip, stepped, found, missing, n = {}, {}, {}, {}, 0
  for position = 1, filled do
    if ats[position] > from then break end
    skip[mark_in(ids[position])] = true
  end
  for i = 1, #added, 2 do
    if tonumber(added[i]) >= from then break end
    stepped[mark_in(added[i + 1])] = true
  end
  local function look(mark)
    local before = marks[mark]
    if skip[mark] then return end
    skip[mark] = true
    if stepped[mark] or before == nil or (before and tonumber(before) >= from) then
      missing[mark], n = true, n + 1
    elseif before and tonumber(before) >= from - span then
      found[mark] = before
    end
  end
  if is_ordered then
    for position = 1, filled do look(mark_in(ids[position])) end
  else
    for _, mark in ipairs(call('ZRANGEBYSCORE', other('k'), from, '+inf')) do look(mark) end
  end
  return found, missing, n
end

-- Walks back from a time until every missing mark was met, or enough marks that decide without them.
local function walk_back(from, found, missing, n)
  local met, different, rank = {}, 0, call('ZCOUNT', m, '-inf', from - 1)
  while n > 0 and different < enough and rank > 0 do
    local start = max(0, rank - 100)
    local part = call('ZRANGE', m, start, rank - 1, 'WITHSCORES')
    spent = spent + #part / 2
    for i = #part - 1, 1, -2 do
      if tonumber(part[i + 1]) < from - span then return end
      local mark = mark_in(part[i])
      if not met[mark] then
        met[mark], different = true, different + 1
        if missing[mark] then found[mark], n = part[i + 1], n - 1 end
      end
      if n == 0 or different >= enough then return end
    end
    rank = start
  end
end

local function older_marks(from)
  local list = last_seen(from)
  local found, missing, n = forgotten(from)
  if n > 0 then walk_back(from, found, missing, n) end
  if next(found) == nil then return #list > 0 and list end
  local rows = {}
  for i = 1, #list, 2 do rows[#rows + 1] = { list[i], list[i + 1], tonumber(list[i + 1]) } end
  for mark, text in pairs(found) do rows[#rows + 1] = { ' ' .. mark, text, tonumber(text) } end
  table.sort(rows, function(a, b) return a[3] > b[3] or (a[3] == b[3] and a[1] > b[1]) end)
  list = {}
  for i = 1, math.min(#rows, enough) do list[2 * i - 1], list[2 * i] = rows[i][1], rows[i][2] end
  return list
end

local function open_marked(from)
  if not is_ordered then return open(call('ZCOUNT', m, '-inf', from - 1), 20 + #added / 2) end
  open(nil, 0)
  for i = 1, #added, 2 do
    local at = tonumber(added[i])
    if at >= from then
      filled = filled + 1
      ids[filled], texts[filled], ats[filled] = added[i + 1], added[i], at
    end
  end
end

-- Up to where enough different marks have been seen since the last member of the step that is in it.
local function marked_run(times, position)
  local from = times[position]
  open_marked(from)
  local counts, different, left, right, stop = {}, 0, 1, 1, from
  repeat
    local at = times[position]
    while has(left) and ats[left] <= at do
      if left < right then
        local mark = mark_in(ids[left])
        counts[mark] = counts[mark] - 1
        if counts[mark] == 0 then different = different - 1 end
      end
      left = left + 1
    end
    right = max(left, right)
    while different < enough and has(right) and ats[right] <= at + span do
      local mark = mark_in(ids[right])
      if (counts[mark] or 0) == 0 then different = different + 1 end
      counts[mark] = (counts[mark] or 0) + 1
      right = right + 1
    end
    stop = different >= enough and ats[right - 1] or at + span
    position = position + 1
  until position > #times or times[position] > stop
  local last = right - 1
  while has(last + 1) and ats[last + 1] <= stop do last = last + 1 end
  return { from, older_marks(from), slice(1, last) }, position
end

local function ordered_run(times, position)
  local from = times[position]
  local stop = from + span
  position = position + 1
  while position <= #times and times[position] - span <= stop do
    if is_crowded(times[position]) then stop = times[position] + span end
    position = position + 1
  end
  local flat = call('ZRANGEBYSCORE', m, from - span, stop, 'WITHSCORES')
  spent = spent + #flat / 2
  return { from, false, flat }, position
end

local run_of = { count = counted_run, marks = marked_run, order = ordered_run }

local function runs_around(times, members)
  local find = run_of[kind]
  if not find or #times == 0 or size < reach then return false end
  if kind == 'count' and #members == 2 and is_at_end(members[1], members[2]) then
    return run_at_end(times[1])
  end
  local runs, position = {}, 1
  while position <= #times do
    if is_crowded(times[position]) then
      runs[#runs + 1], position = find(times, position)
    else
      position = position + 1
    end
  end
  return #runs > 0 and runs
end
`;
