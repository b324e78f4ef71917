import { type Bounds, type RuleSpec, type Words, wantedIn } from "../rule-spec.ts";
import { text } from "./member-sql.ts";

/** The statement that finds where a rule fires: the events over whose closed window its condition holds. */
export function firingSql(spec: RuleSpec): string {
  const seen = slidingSql(spec) ?? windowSql(spec, aggregateSql(spec));
  return `
insert into firings
select distinct ${text(spec.name)}, grp, id, at from (${seen}) as seen
where ${conditionSql(spec)}`;
}

/** For what PostgreSQL's window functions can do by themselves. */
function slidingSql({ name, type, timespan }: RuleSpec): string | undefined {
  const values = {
    event_count: "count(*)",
    value_sum: "sum(mark::numeric)",
    value_avg: "avg(mark::numeric)",
  };
  const value = values[type as keyof typeof values];
  if (value === undefined) return undefined;
  return `
  select grp, id, at, ${value} over (
    partition by grp order by at range between ${timespan.ms} preceding and current row
  ) as seen
  from members where rule = ${text(name)} and not is_late`;
}

/** For the rest: each member joined with the members of its window. */
function windowSql({ name, timespan }: RuleSpec, aggregate: string): string {
  return `
  select grp, id, at, seen
  from (select distinct grp, at from members where rule = ${text(name)} and not is_late) as moment
  cross join lateral (select ${aggregate} as seen ${windowOf("w", { name, span: timespan.ms })}) as look
  join (select grp, at, id from members where rule = ${text(name)} and not is_late) as member using (grp, at)`;
}

interface WindowName {
  readonly name: string;
  readonly span: number;
}

function windowOf(alias: string, { name, span }: WindowName): string {
  return `from members as ${alias} where ${within(alias, { name, span })}`;
}

function within(alias: string, { name, span }: WindowName): string {
  return `${alias}.rule = ${text(name)} and not ${alias}.is_late and ${alias}.grp = moment.grp
    and ${alias}.at between moment.at - ${span} and moment.at`;
}

function aggregateSql(spec: RuleSpec): string {
  const { type, words, percentile = 50 } = spec;
  if (type === "value_count") return "count(distinct w.mark)";
  if (type === "value_percentile" || type === "value_median")
    return `percentile_cont(${percentile / 100}) within group (order by w.mark::double precision)`;
  if (words !== undefined) return wordsSql(spec, words);
  return type === "temporal" ? "count(distinct w.mark)" : longestSql(spec);
}

/** Whether the words hold of the marks in the window, and where order counts what they ask for comes in it. */
function wordsSql(spec: RuleSpec, words: Words): string {
  const over = (part: Words): string => {
    if (typeof part === "string") return `bool_or(w.mark = '${spec.rules.indexOf(part)}')`;
    if ("not" in part) return `not (${over(part.not)})`;
    const parts = "and" in part ? part.and : part.or;
    return `(${parts.map(over).join("and" in part ? " and " : " or ")})`;
  };
  if (spec.type === "temporal") return over(words);
  const marks = wantedIn(words).map((name, n) => `o${n}.mark = '${spec.rules.indexOf(name)}'`);
  return `${over(words)} and exists (${inOrderSql(spec, marks.length, marks)})`;
}

/** The length of the longest chain of rules in their order: each shorter chain is there as well. */
function longestSql(spec: RuleSpec): string {
  const lengths = spec.rules.map((_, n) => {
    const later = Array.from({ length: n }, (_unused, step) => `o${step}.mark < o${step + 1}.mark`);
    return `(exists (${inOrderSql(spec, n + 1, later)}))::int`;
  });
  return lengths.join(" + ");
}

/** So many members of the window, none earlier than the one before, of which this holds as well. */
function inOrderSql({ name, timespan }: RuleSpec, length: number, also: readonly string[]): string {
  const steps = Array.from({ length }, (_, n) => n);
  const places = steps.map((n) => within(`o${n}`, { name, span: timespan.ms }));
  const order = steps.slice(1).map((n) => `o${n - 1}.at <= o${n}.at`);
  const members = steps.map((n) => `members as o${n}`).join(", ");
  return `select from ${members} where ${[...places, ...order, ...also].join(" and ")}`;
}

const operators = { gt: ">", gte: ">=", lt: "<", lte: "<=", eq: "=", neq: "<>" } as const;

function conditionSql({ type, words, bounds, rules }: RuleSpec): string {
  if (words !== undefined) return "seen";
  const asked: Bounds = bounds ?? { gte: rules.length };
  const number = type === "value_percentile" || type === "value_median" ? "::double precision" : "";
  return Object.entries(asked)
    .map(([operator, bound]) => `seen ${operators[operator as keyof Bounds]} ${bound}${number}`)
    .join(" and ");
}
