import type { RuleSpec } from "../rule-spec.ts";

/**
 * The statement that finds what a rule counts: one member per group, event and what tells members apart, and whether it is
 * late, which is to say behind the greatest time that its group had when it came.
 */
export function memberSql(spec: RuleSpec): string {
  return `
insert into members
select ${text(spec.name)}, grp, id, at, mark,
  coalesce(at < max(at) filter (where advances) over earlier - ${spec.lateness.ms}, false)
from (
  select grp, id, at, mark, min(round) as round, bool_and(advances) as advances
  from (${spec.rules.map((counted, position) => countedSql(spec, counted, position)).join("\nunion all\n")}) as counted
  where grp is not null and mark is not null
  group by grp, id, at, mark
) as arrived
window earlier as (partition by grp order by round range between unbounded preceding and 1 preceding)`;
}

/** Matches of one of the rules that are counted; what has no group or no mark is null there. */
function countedSql(spec: RuleSpec, counted: string, position: number): string {
  const read = (name: string): string =>
    `nullif(fields ->> ${text(spec.aliases[name]?.[counted] ?? name)}, '')`;
  return `select ${list(spec.groupBy.map(read))} as grp, id, at, round, advances, ${markSql(spec, position, read)} as mark
  from matches where source = ${text(counted)}`;
}

function markSql({ type, field }: RuleSpec, position: number, read: (name: string) => string): string {
  if (type === "event_count") return "''";
  if (type === "value_count") return list(field.map(read));
  if (type === "temporal" || type === "temporal_ordered") return text(String(position));
  const value = read(field[0]!);
  return `case when ${value} ~* '${decimal}' then trim_scale((${value})::numeric)::text end`;
}

const decimal = "^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)(e[+-]?[0-9]+)?$";

/** The values as a JSON list; null if one of them is missing. */
function list(values: readonly string[]): string {
  const all = values.map((value) => `${value} is not null`).join(" and ");
  return `case when ${all || "true"} then jsonb_build_array(${values.join(", ")})::text end`;
}

/** A text as SQL. */
export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
