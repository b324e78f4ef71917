import type { AuditEvent } from "@auditflow/contracts";
import { describe, expect, test } from "vitest";
import { type LegacyRow, legacyColumns } from "../database/legacy-table.ts";
import { type LegacyJson, legacyAlert } from "./legacy-alert.ts";
import { readAlert } from "./record.ts";

const id = "0190a000-0000-7000-8000-000000000001";
const event: AuditEvent = {
  event_id: "0190a000-0000-7000-8000-000000000002",
  timestamp: "2025-06-09T09:59:58.000Z",
  source_service: "sshd",
  server_hostname: "web-1",
  event_type: "user_login",
  severity: "WARNING",
  user_id: "alice",
  action_result: "FAILURE",
  client_ip: "10.0.0.1",
  resource: "/etc/passwd",
};
const json: LegacyJson = {
  value: (text) => ({ value: JSON.parse(text) }),
  event: (text) => (text.includes("event_id") ? (JSON.parse(text) as AuditEvent) : undefined),
};

/** A row of nothing but what the old table demands. */
function rowOf(changes: Partial<LegacyRow> = {}): LegacyRow {
  return {
    ...(Object.fromEntries(legacyColumns.map((column) => [column, null])) as LegacyRow),
    ...{ alert_id: id, correlation_id: id, timestamp: "2025-06-09 10:00:00+00", alert_name: "Brute force" },
    ...{ alert_type: "SECURITY", severity: "HIGH", raw_event_data: "{}" },
    ...changes,
  };
}

function alertOf(changes: Partial<LegacyRow> = {}) {
  const made = legacyAlert(rowOf(changes), json);
  if ("reason" in made) throw new Error(made.reason);
  return made.alert;
}

describe("an old row", () => {
  test("that holds only what the old table demands is a valid alert", () => {
    expect(readAlert(alertOf())).toHaveProperty("row");
  });

  test("takes what it lacks from its event", () => {
    const alert = alertOf({ raw_event_data: JSON.stringify(event) });
    expect(alert).toMatchObject({
      source_service_name: "sshd",
      triggered_by: { actor_type: "user", actor_id: "alice", client_ip: "10.0.0.1" },
      impacted_resource: { resource_type: "unknown", resource_id: "/etc/passwd", server_hostname: "web-1" },
      action_observed: "user_login",
      evidence: [event.event_id],
      first_event_at: event.timestamp,
      last_event_at: event.timestamp,
      timestamp: "2025-06-09T10:00:00.000Z",
    });
    expect(readAlert(alert)).toHaveProperty("row");
  });

  test("that names nobody names the address, and without one the host", () => {
    const nobody = { ...event, user_id: "" };
    expect(alertOf({ raw_event_data: JSON.stringify(nobody) }).triggered_by).toEqual({
      ...{ actor_type: "address", actor_id: "10.0.0.1", client_ip: "10.0.0.1" },
    });
    expect(alertOf({ server_hostname: "db-1" }).triggered_by).toEqual({
      actor_type: "host",
      actor_id: "db-1",
    });
  });

  test("keeps beside the alert what the JSON says and the column contradicts", () => {
    const given = { rule_id: "A", rule_name: "Brute", severity: "bad" };
    const alert = alertOf({ rule_id: "B", rule_name: "Brute", analysis_rule_details: JSON.stringify(given) });
    expect(alert.analysis_rule).toMatchObject({ rule_id: "B", rule_name: "Brute", severity: "bad" });
    expect(alert.metadata["legacy_analysis_rule_details"]).toEqual(given);
    const same = alertOf({ rule_id: "A", rule_name: "Brute", analysis_rule_details: JSON.stringify(given) });
    expect(same.metadata).toEqual({ imported_from: "legacy" });
  });

  test.each([
    ["critical", "CRITICAL"],
    [" Error ", "HIGH"],
    ["WARNING", "MEDIUM"],
    ["minor", "LOW"],
    ["Informational", "INFO"],
    ["", "MEDIUM"],
    ["spicy", "MEDIUM"],
  ])("with the severity %j is %s, and the old word is kept", (old, severity) => {
    expect(alertOf({ severity: old })).toMatchObject({ severity, metadata: { legacy_severity: old } });
  });

  test.each([
    ["2025-06-09 10:00:00.1+00", "2025-06-09T10:00:00.100Z"],
    ["2025-06-09 10:00:00.123999+00", "2025-06-09T10:00:00.123Z"],
    ["9999-12-31 23:59:59+00", "9999-12-31T23:59:59.000Z"],
  ])("with the time %s says %s", (old, timestamp) => {
    expect(alertOf({ timestamp: old }).timestamp).toBe(timestamp);
  });

  test.each([
    "infinity",
    "-infinity",
    "10000-01-01 00:00:00+00",
    "0001-01-01 00:00:00+00 BC",
    "2025-06-09 10:00:00",
  ])("with the time %s is no alert", (timestamp) => {
    expect(legacyAlert(rowOf({ timestamp }), json)).toEqual({
      reason: `Its timestamp ${timestamp} is no time within the years 0001 to 9999`,
    });
  });

  test("without an id or a time is no alert", () => {
    expect(legacyAlert(rowOf({ alert_id: null }), json)).toEqual({ reason: "It has no alert_id" });
    expect(legacyAlert(rowOf({ timestamp: null }), json)).toEqual({ reason: "It has no timestamp" });
  });
});
