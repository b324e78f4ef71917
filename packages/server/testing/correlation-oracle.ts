import type { AuditEvent } from "@auditflow/contracts";
import { type CorrelationRule, type SigmaRule, silentRules } from "@auditflow/sigma";
import { alertIdOf, groupKey } from "../src/detect/episode-alert.ts";
import { formatTimestamp } from "../src/telemetry/clock.ts";
import { type AlertFacts, byId } from "./correlation.ts";
import { holdsOver, type Seen } from "./window-oracle.ts";

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

interface Member extends Seen {
  readonly id: string;
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
      const value = comparedValue(rule, read);
      if (values.includes(undefined) || value === undefined) continue;
      const key = JSON.stringify(values);
      const group = groups.get(key) ?? { values: values as string[], members: [] };
      groups.set(key, group);
      group.members.push({ id, at, rule: index, value });
    }
  }
  for (const { members } of groups.values()) {
    const once = new Map(members.map((member) => [identity(rule, member), member]));
    members.splice(0, Infinity, ...once.values());
    members.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  }
  return [...groups.values()];
}

/** What stands in the fields that the rule compares; undefined: one is missing, or holds no number. */
function comparedValue(
  { type, condition }: CorrelationRule,
  read: (name: string) => string | undefined,
): string | undefined {
  const values = (condition.field ?? []).map(read);
  if (values.includes(undefined)) return undefined;
  if (type === "value_count") return JSON.stringify(values);
  return values.some((value) => Number.isNaN(Number(value))) ? undefined : values.join();
}

function identity({ type }: CorrelationRule, { id, rule, value }: Member): string {
  if (type === "event_count") return id;
  return type.startsWith("value_") ? `${id} ${value}` : `${id} ${rule}`;
}

function firingsOf(rule: CorrelationRule, members: readonly Member[]): Member[] {
  const firings = members.filter(({ at }) =>
    holdsOver(
      rule,
      members.filter((other) => other.at >= at - rule.timespan && other.at <= at),
    ),
  );
  return firings.filter(({ id }, n) => firings.findIndex((other) => other.id === id) === n);
}

/** A time of the rule's custom part in milliseconds. */
function setting({ custom }: CorrelationRule, name: string): number {
  const written = (custom["auditflow"] as Readonly<Record<string, string>> | undefined)?.[name] ?? "0s";
  return Number.parseInt(written, 10) * { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[written.at(-1)!]!;
}

function alertsOf(rule: CorrelationRule, { values, members }: Group): AlertFacts[] {
  return toldOf(rule, episodesOf(rule, members)).map((episode) => {
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

function episodesOf(rule: CorrelationRule, members: readonly Member[]): Member[][] {
  const gap = Math.max(rule.timespan, setting(rule, "refire_gap"));
  const episodes: Member[][] = [];
  for (const firing of firingsOf(rule, members)) {
    const last = episodes.at(-1);
    if (last !== undefined && firing.at <= last.at(-1)!.at + gap) last.push(firing);
    else episodes.push([firing]);
  }
  return episodes;
}

/** Those that do not begin too soon after the beginning of the last one that is an alert. */
function toldOf(rule: CorrelationRule, episodes: readonly Member[][]): Member[][] {
  const suppress = setting(rule, "suppress");
  const told: Member[][] = [];
  for (const episode of episodes) {
    const last = told.at(-1);
    if (suppress === 0 || last === undefined || episode[0]!.at > last[0]!.at + suppress) told.push(episode);
  }
  return told;
}
