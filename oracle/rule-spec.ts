/** What is compared apart: the types of Sigma's correlations, and `chain` for rules that count each other. */
export const oracleTypes = [
  ...(["event_count", "value_count", "temporal", "temporal_ordered"] as const),
  ...(["value_sum", "value_avg", "value_percentile", "value_median", "chain"] as const),
] as const;
/** One of them. */
export type OracleType = (typeof oracleTypes)[number];

/** What is asked of a number, as it stands in a rule: all of it. */
export type Bounds = Readonly<Partial<Record<"gt" | "gte" | "lt" | "lte" | "eq" | "neq", number>>>;

/** A condition in words over the names of rules. */
export type Words =
  | string
  | { readonly not: Words }
  | { readonly and: readonly Words[] }
  | { readonly or: readonly Words[] };

/** A duration as a rule writes it, and what it is in milliseconds. */
export interface Duration {
  readonly text: string;
  readonly ms: number;
}

/** A correlation rule as the product's loader and the judge are both told of it, each in its own language. */
export interface RuleSpec {
  /** Its name, which is in every one of its alerts. */
  readonly name: string;
  readonly comparedAs: OracleType;
  readonly type: Exclude<OracleType, "chain">;
  /** Names of what it counts: kinds of events, or other rules, those standing before it. */
  readonly rules: readonly string[];
  readonly groupBy: readonly string[];
  /** Per alias the field of each counted rule. */
  readonly aliases: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What it counts or calculates with; empty for the other types. */
  readonly field: readonly string[];
  readonly timespan: Duration;
  /** undefined: a temporal rule without a condition, or with one in words. */
  readonly bounds: Bounds | undefined;
  readonly words: Words | undefined;
  readonly percentile: number | undefined;
  readonly lateness: Duration;
  /** undefined: the timespan. */
  readonly refireGap: Duration | undefined;
  readonly suppress: Duration | undefined;
  readonly generate: boolean;
}

/** What most rules do without. */
export const plainRule = {
  ...{ groupBy: ["user_id"], aliases: {}, field: [], bounds: undefined, words: undefined },
  ...{ percentile: undefined, refireGap: undefined, suppress: undefined, generate: false },
} as const satisfies Partial<RuleSpec>;

/** Reads a duration of whole seconds, minutes, hours or days, such as `30s`. */
export function duration(text: string): Duration {
  const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  const unit = units[text.slice(-1)];
  if (unit === undefined) throw new Error(`${text} is no duration`);
  return { text, ms: Number(text.slice(0, -1)) * unit };
}

/** The names that words ask for rather than refuse, in the order of their first mention. */
export function wantedIn(words: Words): string[] {
  if (typeof words === "string") return [words];
  if ("not" in words) return [];
  return [...new Set(("and" in words ? words.and : words.or).flatMap(wantedIn))];
}
