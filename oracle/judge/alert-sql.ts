/**
 * The alerts that firings amount to, of the rules named in $1. Firings of a group that follow each other within the gap are
 * one island; of islands that begin within `suppress` of the last one that was told, none is. What an alert covers are
 * the windows of its firings, all of them together.
 */
export const alertSql = `
with recursive marked as (
  select rule, grp, id, at, at - lag(at) over own > gap as is_apart, gap
  from firings join rules using (rule) where rule = any ($1)
  window own as (partition by rule, grp order by at, id)
), numbered as (
  select *, count(*) filter (where is_apart) over (partition by rule, grp order by at, id) as n from marked
), islands as materialized (
  select rule, grp, n, (array_agg(id order by at, id))[1] as id, min(at) as first_at, max(at) as last_at
  from numbered group by rule, grp, n
), told as (
  select islands.*, first_at as anchor, true as is_told from islands where n = 0
  union all
  select island.*,
    case when island.first_at <= anchor + suppress then anchor else island.first_at end,
    island.first_at > anchor + suppress
  from told join rules using (rule)
  join islands as island on island.rule = told.rule and island.grp = told.grp and island.n = told.n + 1
  where suppress > 0
)
select rule, grp, id, first_at, covered.*,
  array(
    select member.id from members as member
    where member.rule = told.rule and member.grp = told.grp and not is_late
      and member.at between told.first_at - span and told.last_at
    group by member.id, member.at order by member.at, member.id limit 100
  ) as evidence
from (
  select rule, grp, id, first_at, last_at from told where is_told and n > 0
  union all
  select rule, grp, id, first_at, last_at from islands join rules using (rule) where n = 0 or suppress = 0
) as told
join rules using (rule)
cross join lateral (
  select count(*)::int as count, min(at) as first_event_at, max(at) as last_event_at from members as member
  where member.rule = told.rule and member.grp = told.grp and not is_late
    and member.at between told.first_at - span and told.last_at
) as covered
`;

/** How much there was to judge, by rule. */
export const countSql = `
select rule,
  (select count(*)::int from members where members.rule = rules.rule) as members,
  (select count(*)::int from members where members.rule = rules.rule and is_late) as late,
  (select count(*)::int from firings where firings.rule = rules.rule) as firings
from rules
`;
