import type { Alert, AlertSeverity } from "@auditflow/contracts";
import { alertSeverities } from "@auditflow/contracts";
import { alertRow } from "../packages/server/src/alerts/record.ts";
import { alertSummaryOf } from "../packages/server/src/alerts/summary.ts";
import type { AlertRow, IncidentRow } from "../packages/server/src/database/schema.ts";
import type { LoadPlan } from "./load-alerts.ts";

const day = 24 * 60 * 60 * 1000;
const days = 90;
const counts = { rules: 40, hosts: 200, users: 500 } as const;

/** Of a hundred alerts so many are of each severity, and in each status. */
const severityShares: readonly (readonly [AlertSeverity, number])[] = [
  ["INFO", 40],
  ["LOW", 30],
  ["MEDIUM", 18],
  ["HIGH", 9],
  ["CRITICAL", 3],
];
const statusShares = [
  ["open", 85],
  ["acknowledged", 5],
  ["resolved", 5],
  ["closed", 5],
] as const;

/** One of so many alerts became part of another. */
const mergedEvery = 200;

/**
 * Makes alerts in portions, and with the last portion the incidents they belong to: one for each rule and user. Most
 * users do little and some much; everything else is spread evenly. Each is what the product would have stored.
 */
export function* madeAlerts(
  { alerts, seed, now }: LoadPlan,
  portion: number,
): Generator<{ readonly alerts: AlertRow[]; readonly incidents: IncidentRow[] }> {
  const random = numbersFrom(seed);
  const incidents = new Map<string, IncidentRow>();
  for (let done = 0; done < alerts; done += portion) {
    // In the order of time, as they come in life: neighbours in time are neighbours on disk.
    const rows = Array.from({ length: Math.min(portion, alerts - done) }, (_, n) =>
      madeAlert(random, Math.floor(now - days * day * (1 - (done + n) / alerts))),
    );
    for (const row of rows) join(incidents, row);
    const isLast = done + portion >= alerts;
    yield { alerts: rows, incidents: isLast ? [...incidents.values()] : [] };
  }
}

function madeAlert(random: () => number, at: number): AlertRow {
  const below = (n: number): number => Math.floor(random() * n);
  const severity = share(severityShares, random());
  // The rules of a severity are those whose number leaves it when divided by five.
  const rule = below(counts.rules / 5) * 5 + alertSeverities.indexOf(severity);
  const user = Math.floor(counts.users * random() ** 2);
  const values = {
    id: uuid(random, 5),
    at: new Date(at).toISOString(),
    user: `user${user}`,
    host: `web-${below(counts.hosts)}.example.com`,
    ip: `10.${below(16)}.${below(256)}.${below(256)}`,
  };
  const status = share(statusShares, random());
  const merged = below(mergedEvery) === 0 ? uuid(random, 5) : null;
  const { row, summary, body } = outline(rule, severity);
  return {
    ...row,
    ...{ alert_id: values.id, at, actor: values.user, host: values.host, ip: values.ip, status },
    ...{ summary: filled(summary, values), body: filled(body, values) },
    ...{ merged_into: merged, stored_at: at, version: status === "open" ? 1 : 2 },
    reason: status === "closed" ? "handled" : null,
    incident_id: merged === null ? incidentId(rule, user) : null,
  };
}

function join(incidents: Map<string, IncidentRow>, row: AlertRow): void {
  const { incident_id, at } = row;
  if (incident_id === null) return;
  const known = incidents.get(incident_id);
  if (known !== undefined) {
    known.alert_count += 1;
    known.first_seen = Math.min(known.first_seen, at);
    known.last_seen = Math.max(known.last_seen, at);
    return;
  }
  const severity = alertSeverities.indexOf(row.severity as AlertSeverity);
  incidents.set(incident_id, {
    ...{
      incident_id,
      fingerprint: `made-${incident_id}`,
      joinable: 1,
      status: "open",
      severity,
      told: severity,
    },
    ...{
      opened_by: JSON.stringify(alertSummaryOf(row)),
      rule_id: row.rule_id,
      rule_name: row.rule_name,
      actor: row.actor,
      host: row.host,
    },
    ...{ alert_count: 1, first_seen: at, last_seen: at, at },
  });
}

/** A row of a rule with marks where its alerts differ, and its JSON cut at the marks. */
interface Outline {
  readonly row: AlertRow;
  readonly summary: readonly string[];
  readonly body: readonly string[];
}

const outlines = new Map<number, Outline>();

/** Made once for each rule: to write the JSON of a million alerts anew would take a minute. */
function outline(rule: number, severity: AlertSeverity): Outline {
  const known = outlines.get(rule);
  if (known !== undefined) return known;
  const row = alertRow(markedAlert(rule, severity))!;
  const made = { row, summary: row.summary.split(mark), body: row.body.split(mark) };
  outlines.set(rule, made);
  return made;
}

const mark = /@(id|at|user|host|ip)@/;

function filled(pieces: readonly string[], values: Readonly<Record<string, string>>): string {
  let text = "";
  for (const [n, piece] of pieces.entries()) text += n % 2 === 0 ? piece : values[piece];
  return text;
}

function markedAlert(rule: number, severity: AlertSeverity): Alert {
  const event_id = "0198c6a0-5d1e-7000-8000-000000000001";
  const at = "@at@";
  return {
    ...{ alert_id: "@id@", correlation_id: "0198c6a0-5d1e-7000-8000-000000000000", timestamp: at, severity },
    ...{ alert_name: `Failed logins of kind ${rule}`, alert_type: `failed_logins_${rule}` },
    description: "Many failed logins of one user within five minutes, from addresses not seen before",
    source_service_name: "audit-log-analysis",
    analysis_rule: {
      rule_id: incidentId(rule, 0),
      rule_name: `Failed logins of kind ${rule}`,
      rule_description:
        "Whoever guesses passwords fails more often than whoever forgot one, and from elsewhere",
      version: "01234567",
      author: "AuditFlow",
      tags: ["attack.credential_access", "attack.t1110.001"],
      references: ["https://attack.mitre.org/techniques/T1110/001/"],
    },
    triggered_by: { actor_type: "user", actor_id: "@user@", client_ip: "@ip@" },
    impacted_resource: { resource_type: "host", resource_id: "@host@", server_hostname: "@host@" },
    action_observed: "user_login",
    evidence: [1, 2, 3, 4, 5].map((n) => `0198c6a0-5d1e-7000-8000-00000000000${n}`),
    ...{ count: 5, first_event_at: at, last_event_at: at, revision: 1 },
    matched: [{ selection: "selection", field: "event_type", value: "user_login" }],
    raw_event_data: {
      ...{
        event_id,
        timestamp: at,
        source_service: "sshd",
        server_hostname: "@host@",
        event_type: "user_login",
      },
      ...{ severity: "WARNING", user_id: "@user@", action_result: "FAILURE", client_ip: "@ip@" },
      details: { method: "password", port: 52311, reason: "bad password" },
    },
    metadata: {},
  };
}

function incidentId(rule: number, user: number): string {
  return `0198c6a0-5d1e-7000-8000-${(rule * counts.users + user).toString(16).padStart(12, "0")}`;
}

function share<T>(shares: readonly (readonly [T, number])[], random: number): T {
  let rest = random * 100;
  for (const [value, part] of shares) {
    rest -= part;
    if (rest < 0) return value;
  }
  return shares[0]![0];
}

function uuid(random: () => number, version: number): string {
  const hex = (digits: number): string =>
    Math.floor(random() * 16 ** digits)
      .toString(16)
      .padStart(digits, "0");
  return `${hex(8)}-${hex(4)}-${version}${hex(3)}-8${hex(3)}-${hex(12)}`;
}

/** Numbers from 0 to 1 that look random and are the same in every run (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
