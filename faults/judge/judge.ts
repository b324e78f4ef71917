import type { Alert, AlertSummary, Incident, QuarantinedRecord } from "@auditflow/contracts";
import { contentHash, eventOf, partsOf, userOf } from "../load/event-of.ts";
import type { OracleReport } from "../oracle/oracle-client.ts";
import { noticeProblems } from "./notices.ts";

/** The rules of `faults/rules` that raise alerts. */
export const ruleIds = {
  canary: "6f0f6a5e-0f0b-4a53-9d7c-0a1c6c1f2a01",
  group: "6f0f6a5e-0f0b-4a53-9d7c-0a1c6c1f2a03",
} as const;

/** Firings that a group needs for its alert. */
const groupThreshold = 3;

/** All that is judged: what the oracle was told, and what the product says it has. */
export interface Testimony {
  readonly report: OracleReport;
  /** Rows of the list, as they came. */
  readonly rows: readonly AlertSummary[];
  /** Those alerts whole. */
  readonly alerts: readonly Alert[];
  readonly incidents: readonly Incident[];
  readonly quarantined: readonly QuarantinedRecord[];
  /** Ids that must be in quarantine. */
  readonly refuses: (eventId: string) => boolean;
}

/** Numbers that must be 0, and what else is wrong, in words. */
export interface Verdict {
  readonly lost: number;
  readonly doubled: number;
  readonly unexpected: number;
  readonly corrupted: number;
  /** Claimed, never acknowledged, and stored: allowed. */
  readonly recovered: number;
  /** What may come still: what is lost as yet, and incidents of which nobody was told. */
  readonly missing: number;
  /** Tries of deliveries beyond the first: allowed. */
  readonly deliveredAgain: number;
  readonly problems: readonly string[];
}

/** Compares the two. Pure: the same testimony gives the same verdict. */
export function judge(testimony: Testimony): Verdict {
  const tally = new Tally();
  const quarantined = readQuarantine(testimony, tally);
  judgeCanaries(testimony, quarantined, tally);
  judgeGroups(testimony, quarantined, tally);
  judgeIncidents(testimony, tally);
  const notices = noticeProblems(testimony.report.deliveries, testimony.incidents);
  tally.problems.push(...notices.problems);
  tally.doubled += testimony.rows.length - new Set(testimony.rows.map(({ alert_id }) => alert_id)).size;
  const missing = tally.lost + notices.untold;
  const { lost, doubled, unexpected, corrupted, recovered, problems } = tally;
  return {
    ...{ lost, doubled, unexpected, corrupted, recovered, missing, deliveredAgain: notices.again },
    problems: problems.slice(0, 20),
  };
}

class Tally {
  lost = 0;
  doubled = 0;
  unexpected = 0;
  corrupted = 0;
  recovered = 0;
  readonly problems: string[] = [];

  /** Compares what came back with what was sent. */
  check(event: Readonly<Record<string, unknown>>, id: string): void {
    if (partsOf(id) === undefined) {
      this.unexpected += 1;
      return;
    }
    if (contentHash(event, id) === contentHash(eventOf(id), id)) return;
    this.corrupted += 1;
    this.problems.push(`event ${id} came back as ${JSON.stringify(event).slice(0, 300)}`);
  }
}

/** The ids in quarantine; each must be one that is to be refused, whole. */
function readQuarantine({ quarantined, report, refuses }: Testimony, tally: Tally): ReadonlySet<string> {
  const claimed = new Set(report.claimed);
  const ids = new Set<string>();
  for (const record of quarantined) {
    const event = eventIn(record);
    const id = event?.["event_id"];
    if (event === undefined || typeof id !== "string" || !claimed.has(id)) {
      tally.unexpected += 1;
      tally.problems.push(`in quarantine (${record.code}, ${record.reason}): ${record.body.slice(0, 200)}`);
      continue;
    }
    ids.add(id);
    if (refuses(id)) tally.check(event, id);
    else tally.problems.push(`healthy event ${id} is in quarantine: ${record.code}, ${record.reason}`);
  }
  return ids;
}

/** The event that a refused record is, or that a refused alert is about. */
function eventIn({
  topic,
  encoding,
  body,
}: QuarantinedRecord): Readonly<Record<string, unknown>> | undefined {
  if (encoding !== "json") return undefined;
  try {
    const record = JSON.parse(body) as Record<string, unknown>;
    return topic === "alerts" ? (record["raw_event_data"] as Record<string, unknown>) : record;
  } catch {
    return undefined;
  }
}

function judgeCanaries(testimony: Testimony, quarantined: ReadonlySet<string>, tally: Tally): void {
  const { report, alerts } = testimony;
  const claimed = new Set(report.claimed.filter((id) => partsOf(id)?.kind === "canary"));
  const acked = new Set(report.acked);
  const seen = new Map<string, number>();
  for (const alert of alerts.filter(({ analysis_rule }) => analysis_rule.rule_id === ruleIds.canary)) {
    const [id = ""] = alert.evidence;
    if (!claimed.has(id)) tally.unexpected += 1;
    else if (alert.raw_event_data !== null) tally.check(alert.raw_event_data, id);
    if (quarantined.has(id)) tally.problems.push(`event ${id} has an alert and is in quarantine`);
    seen.set(id, (seen.get(id) ?? 0) + 1);
  }
  for (const [id, times] of seen) {
    tally.doubled += times - 1;
    if (!acked.has(id)) tally.recovered += 1;
  }
  for (const id of report.acked) {
    if (!claimed.has(id) || seen.has(id) || quarantined.has(id)) continue;
    tally.lost += 1;
    tally.problems.push(`canary ${id} was acknowledged and has no alert`);
  }
}

/** The events of one user: sent for sure, and at most. */
interface Group {
  readonly least: number;
  readonly most: number;
}

function judgeGroups(testimony: Testimony, quarantined: ReadonlySet<string>, tally: Tally): void {
  const groups = groupsOf(testimony.report, quarantined);
  const counted = new Map<string, number>();
  for (const alert of testimony.alerts) {
    if (alert.analysis_rule.rule_id !== ruleIds.group) {
      if (alert.analysis_rule.rule_id !== ruleIds.canary) tally.unexpected += 1;
      continue;
    }
    const user = alert.triggered_by.actor_id;
    if (!groups.has(user)) tally.unexpected += 1;
    if (alert.raw_event_data !== null)
      tally.check(alert.raw_event_data, String(alert.raw_event_data.event_id));
    if (counted.has(user)) tally.problems.push(`${user} has more than one alert`);
    counted.set(user, (counted.get(user) ?? 0) + alert.count);
  }
  for (const [user, group] of groups) judgeGroup({ user, ...group, count: counted.get(user) ?? 0 }, tally);
}

function judgeGroup(group: Group & { user: string; count: number }, tally: Tally): void {
  const { user, least, most, count } = group;
  const isSilent = count === 0 && least < groupThreshold;
  const lost = isSilent ? 0 : Math.max(0, least - count);
  const doubled = Math.max(0, count - most);
  tally.lost += lost;
  tally.doubled += doubled;
  if (lost + doubled > 0) tally.problems.push(`${user} sent ${least} events and its alert counts ${count}`);
  else if (!isSilent) tally.recovered += count - least;
}

function groupsOf(report: OracleReport, quarantined: ReadonlySet<string>): Map<string, Group> {
  const acked = new Set(report.acked);
  const groups = new Map<string, Group>();
  for (const id of report.claimed) {
    const parts = partsOf(id);
    if (parts?.kind !== "group") continue;
    const user = userOf(parts);
    const { least, most } = groups.get(user) ?? { least: 0, most: 0 };
    const isOut = quarantined.has(id);
    groups.set(user, {
      least: least + (acked.has(id) && !isOut ? 1 : 0),
      most: most + (isOut ? 0 : 1),
    });
  }
  return groups;
}

function judgeIncidents({ incidents, rows }: Testimony, tally: Tally): void {
  const counted = incidents.reduce((sum, { alert_count }) => sum + alert_count, 0);
  const alerts = new Set(rows.map(({ alert_id }) => alert_id)).size;
  tally.doubled += Math.max(0, counted - alerts);
  if (counted !== alerts) tally.problems.push(`incidents count ${counted} alerts, and there are ${alerts}`);
}
