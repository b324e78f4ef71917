import type { Alert } from "@auditflow/contracts";
import type { Match } from "../detect/evaluate.ts";
import { printable } from "./printable.ts";
import { byTime } from "./scan-side.ts";
import { formatTable } from "./table.ts";

/** An alert that is not the same under two rule sets. */
export interface Change {
  /** `won`: only the other rules raise it; `lost`: only the first do; `changed`: both, with another count or severity. */
  readonly change: "won" | "lost" | "changed";
  /** As the other rules raise it, or the first ones what is lost. */
  readonly alert: Alert;
  /** What is changed, as the first rules raise it. */
  readonly before?: Alert;
}

/** What two rule sets make of the same events. */
export interface Comparison {
  /** In order of time. */
  readonly changes: readonly Change[];
  readonly rules: readonly RuleTotals[];
}

/** How the alerts of one rule differ. */
export interface RuleTotals {
  readonly title: string;
  readonly won: number;
  readonly lost: number;
  readonly changed: number;
  readonly same: number;
}

/**
 * Compares standing alerts. An alert is the same when rule, group and first event are, whatever the version of the rule: a
 * changed rule raises the same alert, if it still does.
 */
export function compareAlerts(first: readonly Alert[], other: readonly Alert[]): Comparison {
  const [before, after] = [byIdentity(first), byIdentity(other)];
  const gone = [...before].filter(([key]) => !after.has(key));
  const outcomes = [
    ...gone.map(([, alert]) => ({ alert, outcome: { change: "lost", alert } as Change })),
    ...[...after].map(([key, alert]) => ({ alert, outcome: changeOf(alert, before.get(key)) })),
  ];
  const byRule = Map.groupBy(outcomes, ({ alert }) => alert.analysis_rule.rule_id);
  return {
    changes: outcomes.flatMap(({ outcome }) => outcome ?? []).sort((a, b) => byTime(a.alert, b.alert)),
    rules: [...byRule.values()].map((found) =>
      totalsOf(
        found.map(({ outcome }) => outcome?.change ?? "same"),
        found,
      ),
    ),
  };
}

function byIdentity(alerts: readonly Alert[]): ReadonlyMap<string, Alert> {
  return new Map(
    alerts.map((alert) => {
      const { analysis_rule: rule, metadata, evidence } = alert;
      return [JSON.stringify([rule.rule_id, metadata["group_by"] ?? null, evidence[0]]), alert];
    }),
  );
}

function changeOf(alert: Alert, before: Alert | undefined): Change | undefined {
  if (before === undefined) return { change: "won", alert };
  const isSame = before.count === alert.count && before.severity === alert.severity;
  return isSame ? undefined : { change: "changed", alert, before };
}

function totalsOf(
  outcomes: readonly (Change["change"] | "same")[],
  [first]: readonly { readonly alert: Alert }[],
): RuleTotals {
  const count = (wanted: string): number => outcomes.filter((outcome) => outcome === wanted).length;
  const title = first?.alert.analysis_rule.rule_name ?? "";
  return { title, won: count("won"), lost: count("lost"), changed: count("changed"), same: count("same") };
}

/** A change as a line of JSON: the alert itself, what became of it, and what it was. */
export function changeLine({ change, alert, before }: Change): string {
  const was = before === undefined ? {} : { was: { count: before.count, severity: before.severity } };
  return `${JSON.stringify({ change, ...was, ...alert })}\n`;
}

/** What changed in a column: both values where they differ. */
export function changedCell(before: string | undefined, after: string): string {
  return before === undefined || before === after ? after : `${before} -> ${after}`;
}

/** Rule by rule, how many alerts are won, lost, changed and the same. */
export function ruleTable(rules: readonly RuleTotals[]): string {
  const rows = rules.map(({ title, won, lost, changed, same }) => [
    ...[won, lost, changed, same].map(String),
    printable(title),
  ]);
  return formatTable(["WON", "LOST", "CHANGED", "SAME", "RULE"], rows);
}

/** Which pairs of event and rule only one of the two rule sets matched. */
export function compareMatches(
  first: readonly Match[],
  other: readonly Match[],
): readonly { readonly change: "won" | "lost"; readonly match: Match }[] {
  const onlyIn = (matches: readonly Match[], others: readonly Match[]): Match[] => {
    const known = new Map<object, Set<string>>();
    for (const { event, rule } of others) known.set(event, (known.get(event) ?? new Set()).add(rule.id));
    return matches.filter(({ event, rule }) => known.get(event)?.has(rule.id) !== true);
  };
  return [
    ...onlyIn(first, other).map((match) => ({ change: "lost" as const, match })),
    ...onlyIn(other, first).map((match) => ({ change: "won" as const, match })),
  ];
}
