import type { ListedRule, RuleList } from "@auditflow/contracts";
import {
  levelsOf,
  orderOf,
  type RuleSort,
  type RuleState,
  type RulesSearch,
  ruleLevels,
} from "./rule-search.ts";

/** What has been counted of a rule, over all replicas. */
export interface RuleSums {
  readonly matches: number;
  readonly alerts: number;
  readonly late: number;
  readonly skipped: number;
  readonly duplicates: number;
  readonly suppressed: number;
}

/** A rule as the table shows it. */
export interface RuleRow extends RuleSums {
  readonly rule: ListedRule;
  /** What kind of rule it is, in words. */
  readonly kind: string;
  /** The last part of the path of its file. */
  readonly fileName: string;
  /** Whether a fault of its file is told: what is in force may be older than what is written. */
  readonly faulty: boolean;
  /** All that the words of a search are looked for in, in lower case. */
  readonly text: string;
}

/** The rules with what all replicas counted of them, in the order in which the service told them. */
export function ruleRows({ rules, replicas }: Pick<RuleList, "rules" | "replicas">): RuleRow[] {
  const faulty = new Set(replicas.flatMap(({ problems }) => problems.map(({ file }) => file)));
  return rules.map((rule) => rowOf(rule, faulty.has(rule.file)));
}

/** The rows that a search shows, in its order; equal ones by title, so that the order never depends on chance. */
export function shownRows(rows: readonly RuleRow[], search: RulesSearch): RuleRow[] {
  const levels = new Set<string>(levelsOf(search));
  const words = (search.find ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const isShown = (row: RuleRow): boolean =>
    levels.has(row.rule.level) &&
    (search.kind === undefined || row.rule.kind === search.kind) &&
    (search.state === undefined || states[search.state](row)) &&
    words.every((word) => row.text.includes(word));
  const { by, descending } = orderOf(search);
  const sign = descending ? -1 : 1;
  return rows
    .filter(isShown)
    .sort((one, other) => sign * compare(keys[by](one), keys[by](other)) || byTitle(one, other));
}

/**
 * The rows in the order of before as far as they are still there, others behind them: numbers that change do not move the
 * rows that somebody reads.
 */
export function inOrderOf(before: readonly string[], rows: readonly RuleRow[]): RuleRow[] {
  const places = new Map(before.map((id, place) => [id, place]));
  const placeOf = ({ rule }: RuleRow): number => places.get(rule.rule_id) ?? before.length;
  return rows.toSorted((one, other) => placeOf(one) - placeOf(other));
}

/** `event_count` as people say it. */
export function kindWords({ kind, type }: Pick<ListedRule, "kind" | "type">): string {
  if (kind === "detection") return "Detection";
  const words = (type ?? kind).replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Whether a rule is in such a state. */
const states: Readonly<Record<RuleState, (row: RuleRow) => boolean>> = {
  silent: ({ matches }) => matches === 0,
  matched: ({ matches }) => matches > 0,
  alerted: ({ alerts }) => alerts > 0,
  lossy: ({ late, skipped }) => late + skipped > 0,
  suspended: ({ rule }) => rule.suspended,
};

const keys: Readonly<Record<RuleSort, (row: RuleRow) => string | number>> = {
  level: ({ rule }) => -ruleLevels.indexOf(rule.level),
  title: ({ rule }) => rule.title,
  kind: ({ kind }) => kind,
  matches: ({ matches }) => matches,
  alerts: ({ alerts }) => alerts,
  late: ({ late }) => late,
  skipped: ({ skipped }) => skipped,
  version: ({ rule }) => rule.version,
  file: ({ rule }) => `${rule.file}\0${String(rule.line).padStart(9, "0")}`,
};

const words = new Intl.Collator("en", { sensitivity: "base", numeric: true });

function compare(one: string | number, other: string | number): number {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return words.compare(String(one), String(other));
}

function byTitle({ rule: one }: RuleRow, { rule: other }: RuleRow): number {
  return words.compare(one.title, other.title) || compare(one.rule_id, other.rule_id);
}

function rowOf(rule: ListedRule, faulty: boolean): RuleRow {
  const { rule_id, title, file, author = "", tags, version, status = "" } = rule;
  const kind = kindWords(rule);
  const text = [title, rule_id, kind, rule.type ?? "", author, ...tags, file, version, status];
  return {
    ...{ rule, kind, faulty, ...sumsOf(rule) },
    fileName: file.split(/[\\/]/).at(-1) ?? file,
    text: text.join("\n").toLowerCase(),
  };
}

function sumsOf({ counters }: ListedRule): RuleSums {
  const sum = (name: keyof RuleSums): number => counters.reduce((total, replica) => total + replica[name], 0);
  return {
    ...{ matches: sum("matches"), alerts: sum("alerts"), late: sum("late") },
    ...{ skipped: sum("skipped"), duplicates: sum("duplicates"), suppressed: sum("suppressed") },
  };
}
