import type { Alert, AuditEvent } from "@auditflow/contracts";
import type { CorrelationRule, SigmaRule } from "@auditflow/sigma";
import { type Correlator, correlator, type Hit, type SkipReason } from "../src/detect/correlate.ts";
import { alertIdOf, groupKey } from "../src/detect/episode-alert.ts";
import { formatTimestamp } from "../src/telemetry/clock.ts";
import type { Windows } from "../src/windows/windows.ts";

/** When the events of these tests begin. */
export const start: number = Date.UTC(2026, 0, 15, 12);

/** Event ids in the order of their numbers. */
export function eventId(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;
}

/** A rule that counts one user's failed logins within a second. */
export function loginRule(options: {
  threshold: number;
  lateness?: string;
  refire_gap?: string;
}): CorrelationRule {
  const { threshold, ...auditflow } = options;
  return {
    kind: "correlation",
    type: "event_count",
    id: "r1",
    version: "00000001",
    title: "Many failed logins",
    name: "many_failed_logins",
    description: undefined,
    author: "somebody",
    level: "high",
    status: undefined,
    tags: [],
    references: [],
    custom: { auditflow },
    file: "many-failed-logins.yml",
    line: 1,
    rules: ["r0"],
    groupBy: ["user_id"],
    aliases: {},
    timespan: 1000,
    condition: { gte: threshold },
    generate: false,
  };
}

/** One failed login as a hit of the rule. */
export function loginHit(rule: CorrelationRule, n: number, at: number, user = "mallory"): Hit {
  const event: AuditEvent = {
    event_id: eventId(n),
    timestamp: formatTimestamp(at),
    source_service: "sshd",
    server_hostname: "db1",
    event_type: "user_login",
    severity: "WARNING",
    user_id: user,
    action_result: "FAILURE",
  };
  return {
    rule,
    groupValues: [user],
    eventId: event.event_id,
    mark: "",
    event,
    at,
    receivedAt: at,
    matched: () => [],
    repeated: undefined,
  };
}

/** A world for correlators: a clock that stands still, one store, replicas, and what reached the other side. */
export interface World {
  readonly clock: { now(): number; advance(ms: number): void };
  readonly windows: Windows;
  readonly rules: readonly SigmaRule[];
  readonly replicas: readonly [Correlator, Correlator, Correlator];
  readonly skipped: SkipReason[];
  /** The highest revision of each alert that was published. */
  readonly rows: ReadonlyMap<string, Alert>;
  publish(alerts: readonly Alert[]): void;
}

/** Makes a world over the window store that `connect` gives; the rules need be told where they count each other. */
export function world(
  connect: (clock: { now(): number }) => Windows,
  rules: readonly SigmaRule[] = [],
): World {
  let now = start;
  const clock = {
    now: () => now,
    advance: (ms: number): void => {
      now += ms;
    },
  };
  const windows = connect(clock);
  const skipped: SkipReason[] = [];
  const replica = (): Correlator =>
    correlator({ windows, clock, rules, onSkip: (reason) => skipped.push(reason) });
  const rows = new Map<string, Alert>();
  return {
    clock,
    windows,
    rules,
    replicas: [replica(), replica(), replica()],
    skipped,
    rows,
    publish: (alerts) => {
      for (const alert of alerts) {
        if (alert.revision > (rows.get(alert.alert_id)?.revision ?? 0)) rows.set(alert.alert_id, alert);
      }
    },
  };
}

/** What the oracle says of an alert, and what is compared. */
export type AlertFacts = Pick<
  Alert,
  "alert_id" | "timestamp" | "count" | "evidence" | "first_event_at" | "last_event_at"
>;

/** The facts of the alerts that are not part of another one, in order of their ids. */
export function livingAlerts(rows: ReadonlyMap<string, Alert>): AlertFacts[] {
  return [...rows.values()]
    .filter(({ merged_into }) => merged_into === undefined)
    .map(factsOf)
    .sort(byId);
}

function factsOf(alert: Alert): AlertFacts {
  const { alert_id, timestamp, count, evidence, first_event_at, last_event_at } = alert;
  return { alert_id, timestamp, count, evidence, first_event_at, last_event_at };
}

/** Compares alerts by their ids. */
export function byId(a: AlertFacts, b: AlertFacts): number {
  return a.alert_id < b.alert_id ? -1 : 1;
}

/** The alerts that these hits amount to, by the definition and without any cleverness. */
export function expectedAlerts(hits: readonly Hit[], threshold: number, gap = 1000): AlertFacts[] {
  const distinct = [...new Map(hits.map((hit) => [hit.event.event_id, hit])).values()];
  const groups = Map.groupBy(distinct, ({ rule, groupValues }) => groupKey(rule, groupValues as string[]));
  return [...groups].flatMap(([key, members]) => episodesOf(key, members, { threshold, gap })).sort(byId);
}

function episodesOf(
  key: string,
  hits: Hit[],
  { threshold, gap }: { threshold: number; gap: number },
): AlertFacts[] {
  const within = (from: number, to: number): Hit[] => hits.filter(({ at }) => at >= from && at <= to);
  hits.sort((a, b) => a.at - b.at || (a.event.event_id < b.event.event_id ? -1 : 1));
  const firings = hits.filter(({ at, rule }) => within(at - rule.timespan, at).length >= threshold);
  const episodes: Hit[][] = [];
  for (const firing of firings) {
    const last = episodes.at(-1);
    if (last !== undefined && firing.at <= last.at(-1)!.at + gap) last.push(firing);
    else episodes.push([firing]);
  }
  return episodes.map((episode) => {
    const first = episode[0]!;
    const covered = within(first.at - first.rule.timespan, episode.at(-1)!.at);
    return {
      alert_id: alertIdOf(key, first.event.event_id),
      timestamp: formatTimestamp(first.at),
      count: covered.length,
      evidence: covered.slice(0, 100).map(({ event }) => event.event_id),
      first_event_at: formatTimestamp(covered[0]!.at),
      last_event_at: formatTimestamp(covered.at(-1)!.at),
    };
  });
}
