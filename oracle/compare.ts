import type { Alert } from "@auditflow/contracts";
import type { SigmaRule } from "@auditflow/sigma";
import { alertIdOf, groupKey } from "../packages/server/src/detect/episode-alert.ts";
import { formatTimestamp } from "../packages/server/src/telemetry/clock.ts";
import type { JudgedAlert } from "./judge/judge.ts";
import type { Published } from "./replay.ts";

/** What is compared of an alert. */
export interface AlertFacts {
  readonly alert_id: string;
  /** The rule's name. */
  readonly rule: string;
  /** The group's values, as JSON. */
  readonly group: string;
  readonly timestamp: string;
  readonly count: number;
  readonly first_event_at: string;
  readonly last_event_at: string;
  readonly evidence: string;
}

/** An alert that is not as it should be; undefined: there is none. */
export interface Difference {
  readonly expected: AlertFacts | undefined;
  readonly got: AlertFacts | undefined;
}

/** The facts of what PostgreSQL found, with the ids that the product must give to it. */
export function expectedFacts(judged: readonly JudgedAlert[], rules: readonly SigmaRule[]): AlertFacts[] {
  const byName = new Map(rules.map((rule) => [rule.name, rule]));
  return judged.map((alert) => ({
    alert_id: alertIdOf(groupKey(byName.get(alert.rule)!, alert.group), alert.eventId),
    rule: alert.rule,
    group: JSON.stringify(alert.group),
    timestamp: formatTimestamp(alert.firedAt),
    count: alert.count,
    first_event_at: formatTimestamp(alert.firstEventAt),
    last_event_at: formatTimestamp(alert.lastEventAt),
    evidence: alert.evidence.join(" "),
  }));
}

/** The facts of the alerts of correlation rules that are not part of another one. */
export function publishedFacts(published: Published): AlertFacts[] {
  return [...published.values()].filter(isOfEpisode).map((alert) => ({
    alert_id: alert.alert_id,
    rule: alert.alert_type,
    group: JSON.stringify(Object.values((alert.metadata?.["group_by"] ?? {}) as object)),
    timestamp: alert.timestamp,
    count: alert.count,
    first_event_at: alert.first_event_at,
    last_event_at: alert.last_event_at,
    evidence: alert.evidence.join(" "),
  }));
}

function isOfEpisode({ merged_into, metadata }: Alert): boolean {
  return merged_into === undefined && metadata?.["group_by"] !== undefined;
}

/** What is missing, what is too much, and what is not the same; empty: the alerts are equal. */
export function compare(expected: readonly AlertFacts[], got: readonly AlertFacts[]): Difference[] {
  const published = new Map(got.map((facts) => [facts.alert_id, facts]));
  const asked = new Set(expected.map(({ alert_id }) => alert_id));
  return [
    ...expected
      .map((facts) => ({ expected: facts, got: published.get(facts.alert_id) }))
      .filter((pair) => JSON.stringify(pair.expected) !== JSON.stringify(pair.got)),
    ...got
      .filter(({ alert_id }) => !asked.has(alert_id))
      .map((facts) => ({ expected: undefined, got: facts })),
  ];
}

/** A difference in words, two lines. */
export function tellDifference({ expected, got }: Difference): string {
  const { rule, group, alert_id } = (expected ?? got)!;
  const differing = (facts: AlertFacts): string =>
    (["timestamp", "count", "first_event_at", "last_event_at", "evidence"] as const)
      .filter((name) => expected === undefined || got === undefined || expected[name] !== got[name])
      .map((name) => `${name} ${shortened(String(facts[name]))}`)
      .join(", ");
  const lines = [
    `  ${rule} ${group} ${alert_id}`,
    `    expected ${expected === undefined ? "no such alert" : differing(expected)}`,
    `    got      ${got === undefined ? "no such alert" : differing(got)}`,
  ];
  return lines.join("\n");
}

function shortened(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 80)}...`;
}
