import type { AuditEvent } from "@auditflow/contracts";
import { type CorrelationRule, type SigmaRule, silentRules } from "@auditflow/sigma";
import { alertIdOf, groupKey } from "../src/detect/episode-alert.ts";
import { formatTimestamp } from "../src/telemetry/clock.ts";
import { type AlertFacts, byId } from "./correlation.ts";

/** An event of the oracle: which detection rules match it, by name, and what fields it has. */
export interface OracleEvent {
  readonly id: string;
  readonly at: number;
  readonly kinds: readonly string[];
  readonly fields: Readonly<Record<string, string | undefined>>;
}

/** The same event as intake would pass it on; its `kinds` are for detection rules to match. */
export function auditEventOf({ id, at, kinds, fields }: OracleEvent): AuditEvent {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return {
    event_id: id,
    timestamp: formatTimestamp(at),
    source_service: "test",
    server_hostname: "host",
    event_type: "test",
    severity: "INFO",
    user_id: "",
    action_result: "",
    logsource: { category: "test" },
    details: { kinds: [...kinds] },
    ...Object.fromEntries(given),
  };
}

/** Where a rule matched or fired, with what is known of it. */
type Occurrence = Pick<OracleEvent, "id" | "at" | "fields">;

interface Member {
  readonly id: string;
  readonly at: number;
  readonly rule: number;
  readonly value: string;
}

interface Group {
  readonly values: readonly string[];
  readonly members: Member[];
}

/** The alerts that these events amount to, by the definition of each kind and without any cleverness. */
export function expectedOf(rules: readonly SigmaRule[], events: readonly OracleEvent[]): AlertFacts[] {
  const distinct = [...new Map(events.map((event) => [event.id, event])).values()];
  const silent = silentRules(rules);
  const occurrences = new Map<string, readonly Occurrence[]>();
  const occurrencesOf = (id: string): readonly Occurrence[] => {
    const known = occurrences.get(id);
    if (known !== undefined) return known;
    const rule = rules.find((candidate) => candidate.id === id)!;
    const found =
      rule.kind === "detection"
        ? distinct.filter(({ kinds }) => kinds.includes(rule.name!))
        : groupsOf(rule, occurrencesOf).flatMap((group) =>
            firingsOf(rule, group.members).map(({ id: event, at }) => {
              const fields = Object.fromEntries(rule.groupBy.map((name, n) => [name, group.values[n]]));
              return { id: event, at, fields };
            }),
          );
    occurrences.set(id, found);
    return found;
  };
  return rules
    .flatMap((rule) => (rule.kind === "correlation" && !silent.has(rule.id) ? [rule] : []))
    .flatMap((rule) => groupsOf(rule, occurrencesOf).flatMap((group) => alertsOf(rule, group)))
    .sort(byId);
}

function groupsOf(rule: CorrelationRule, occurrencesOf: (id: string) => readonly Occurrence[]): Group[] {
  const groups = new Map<string, Group>();
  for (const [index, counted] of rule.rules.entries()) {
    for (const { id, at, fields } of occurrencesOf(counted)) {
      const read = (name: string): string | undefined => fields[rule.aliases[name]?.[counted] ?? name];
      const values = rule.groupBy.map(read);
      const value = (rule.condition.field ?? []).map(read);
      if ([...values, ...value].includes(undefined)) continue;
      const key = JSON.stringify(values);
      const group = groups.get(key) ?? { values: values as string[], members: [] };
      groups.set(key, group);
      group.members.push({ id, at, rule: index, value: JSON.stringify(value) });
    }
  }
  for (const { members } of groups.values()) {
    const once = new Map(members.map((member) => [identity(rule, member), member]));
    members.splice(0, Infinity, ...once.values());
    members.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  }
  return [...groups.values()];
}

function identity({ type }: CorrelationRule, { id, rule, value }: Member): string {
  if (type === "event_count") return id;
  return type === "value_count" ? `${id} ${value}` : `${id} ${rule}`;
}

function firingsOf(rule: CorrelationRule, members: readonly Member[]): Member[] {
  const firings = members.filter(({ at }) =>
    holds(
      rule,
      members.filter((other) => other.at >= at - rule.timespan && other.at <= at),
    ),
  );
  return firings.filter(({ id }, n) => firings.findIndex((other) => other.id === id) === n);
}

function holds({ type, rules, condition }: CorrelationRule, window: readonly Member[]): boolean {
  const least = condition.gte ?? condition.gt! + 1;
  const inOrder = (next: number, after: number): boolean =>
    next === rules.length ||
    window.some(({ rule, at }) => rule === next && at >= after && inOrder(next + 1, at));
  switch (type) {
    case "event_count":
      return window.length >= least;
    case "value_count":
      return new Set(window.map(({ value }) => value)).size >= least;
    case "temporal":
      return new Set(window.map(({ rule }) => rule)).size >= least;
    case "temporal_ordered":
      return inOrder(0, -Infinity);
    default:
      throw new Error(`this judge does not know ${type}`);
  }
}

function alertsOf(rule: CorrelationRule, { values, members }: Group): AlertFacts[] {
  const episodes: Member[][] = [];
  for (const firing of firingsOf(rule, members)) {
    const last = episodes.at(-1);
    if (last !== undefined && firing.at <= last.at(-1)!.at + rule.timespan) last.push(firing);
    else episodes.push([firing]);
  }
  return episodes.map((episode) => {
    const [first, last] = [episode[0]!, episode.at(-1)!];
    const covered = members.filter(({ at }) => at >= first.at - rule.timespan && at <= last.at);
    return {
      alert_id: alertIdOf(groupKey(rule, values), first.id),
      timestamp: formatTimestamp(first.at),
      count: covered.length,
      evidence: [...new Set(covered.map(({ id }) => id))].slice(0, 100),
      first_event_at: formatTimestamp(covered[0]!.at),
      last_event_at: formatTimestamp(covered.at(-1)!.at),
    };
  });
}
