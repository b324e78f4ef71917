import type { UpsertPlan } from "../src/database/database.ts";
import type { AlertRow } from "../src/database/schema.ts";

/** How tests of the database write alerts: the highest revision stays, each change at a position of its own. */
export const alertsPlan: UpsertPlan<"alerts"> = {
  table: "alerts",
  key: "alert_id",
  newer: "revision",
  stamp: "position",
};

/** The nth row of a test: ids ascend with n, times too. */
export function alertRowOf(n: number, changes: Partial<AlertRow> = {}): AlertRow {
  return {
    alert_id: `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`,
    revision: 1,
    merged_into: null,
    at: 1_700_000_000_000 + n,
    severity: "HIGH",
    rule_id: "rule",
    summary: "{}",
    body: '{"a":{"b":"ü 😀"}}',
    position: 0,
    rule_name: "rule",
    actor: "actor",
    host: "host",
    ip: null,
    type: "type",
    words: "an alert",
    synthetic: 0,
    count: 1,
    status: "open",
    assignee: null,
    reason: null,
    version: 1,
    incident_id: null,
    traceparent: null,
    stored_at: 1_700_000_000_000 + n,
    ...changes,
  };
}

/** The first rows of a test. */
export function rowsOf(count: number): AlertRow[] {
  return Array.from({ length: count }, (_, n) => alertRowOf(n));
}
