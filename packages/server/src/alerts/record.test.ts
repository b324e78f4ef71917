import { AlertSummary } from "@auditflow/contracts";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { exampleAlert } from "../../testing/example-alert.ts";
import { alertRow, readAlert, sayTheSame } from "./record.ts";
import { alertSummaryOf } from "./summary.ts";

test("an alert becomes a row that holds all of it", () => {
  const alert = exampleAlert(7, { merged_into: exampleAlert(1).alert_id, revision: 3 });
  const row = alertRow({ ...alert, unknown: ["kept"] } as never)!;
  expect(row).toMatchObject({
    alert_id: alert.alert_id,
    revision: 3,
    merged_into: alert.merged_into,
    at: Date.parse(alert.timestamp),
    severity: "HIGH",
    rule_id: "r-1",
  });
  expect(JSON.parse(row.body)).toEqual({ ...alert, unknown: ["kept"] });
});

test.each([
  exampleAlert(1),
  exampleAlert(1, { alert_name: "SSH brute force", merged_into: exampleAlert(2).alert_id }),
  exampleAlert(1, { first_event_at: exampleAlert(0).timestamp, last_event_at: exampleAlert(9).timestamp }),
])("%#: the summary made of a row is what the contract says, and what the alert says", (alert) => {
  const isSummary = new Ajv().compile(AlertSummary);
  const summary = alertSummaryOf(alertRow(alert)!);
  expect(isSummary(summary)).toBe(true);
  const { status, assignee, close_reason, incident_id, version, rule_id, rule_name, ...told } = summary;
  expect([status, assignee, close_reason, incident_id, version]).toEqual(["open", null, null, null, 1]);
  expect(alert.analysis_rule).toMatchObject({ rule_id, rule_name });
  expect(alert).toMatchObject(told);
});

test("ids in upper case are the same ids", () => {
  const upper = exampleAlert(1, { alert_id: "0190A000-0000-5000-8000-00000000000A" });
  const lower = exampleAlert(1, { alert_id: "0190a000-0000-5000-8000-00000000000a" });
  expect(alertRow(upper)).toEqual(alertRow(lower));
});

test("two bodies say the same whatever the order of their keys, and not with another value", () => {
  const alert = exampleAlert(1);
  const reversed = Object.fromEntries(Object.entries(alert).reverse()) as typeof alert;
  expect(sayTheSame(alertRow(reversed)!.body, alertRow(alert)!.body)).toBe(true);
  expect(sayTheSame(alertRow({ ...alert, count: 6 })!.body, alertRow(alert)!.body)).toBe(false);
});

test("an event that was sent twice gives alerts that say the same, whenever and however each came in", () => {
  const event = exampleAlert(1).raw_event_data!;
  const cameIn = (received_at: string, source: string) =>
    alertRow(exampleAlert(1, { raw_event_data: { ...event, received_at, source } }))!.body;
  const first = cameIn("2026-01-15T09:00:00.000Z", "http");
  expect(sayTheSame(first, cameIn("2026-01-15T09:00:07.000Z", "audit_events"))).toBe(true);
  const other = exampleAlert(1, { raw_event_data: { ...event, user_id: "somebody else" } });
  expect(sayTheSame(first, alertRow(other)!.body)).toBe(false);
});

test("what is searched is in lower case and short, and no character is cut in two", () => {
  const triggered_by = { actor_type: "user", actor_id: `ÄNNE ${"x".repeat(250)}😀` };
  const row = alertRow(exampleAlert(1, { triggered_by, alert_name: "Brute FORCE" }))!;
  expect(row).toMatchObject({ actor: `änne ${"x".repeat(250)}`, ip: null, host: "web-1", count: 5 });
  expect(row.words).toBe("brute force many failed logins");
});

const deep = JSON.parse(`${"[".repeat(5000)}${"]".repeat(5000)}`);

test.each([
  [null, "the record must be object"],
  ["text", "the record must be object"],
  [[], "the record must be object"],
  [{}, "must have required property 'alert_id'"],
  [
    exampleAlert(1, { severity: "URGENT" as never }),
    "/severity must be equal to one of the allowed values: INFO",
  ],
  [exampleAlert(1, { alert_id: "x" }), "/alert_id must match pattern"],
  [exampleAlert(1, { revision: 0 }), "/revision must be >= 1"],
  [
    exampleAlert(1, { timestamp: "0000-12-31T23:59:59.999Z" }),
    "/timestamp 0000-12-31T23:59:59.999Z is not a time of the calendar",
  ],
  [
    exampleAlert(1, { timestamp: "2026-02-30T00:00:00.000Z" }),
    "/timestamp 2026-02-30T00:00:00.000Z is not a time",
  ],
  [exampleAlert(1, { last_event_at: "2026-01-01T23:59:60.000Z" }), "/last_event_at"],
  [exampleAlert(1, { timestamp: "2026-01-01T00:00:00.000+00:00Z" }), "/timestamp must match pattern"],
  [exampleAlert(1, { metadata: { deep } }), "nested more than 100 levels"],
])("%#: what is no alert is told why", (value, why) => {
  expect(readAlert(value)).toEqual({ reason: expect.stringContaining(why) });
});
