import type { Alert, AlertSummary, Incident, QuarantinedRecord } from "@auditflow/contracts";
import { describe, expect, test } from "vitest";
import { eventIdOf, eventOf, partsOf, userOf } from "../load/event-of.ts";
import type { Delivery } from "../oracle/record.ts";
import { judge, ruleIds, type Testimony } from "./judge.ts";

const run = "0badcafe";
const canaries = [0, 1, 2].map((n) => eventIdOf(run, "canary", n));
// Five events each of the same two users.
const members = [0, 40, 80, 120, 160, 1, 41, 81, 121, 161].map((n) => eventIdOf(run, "group", n));
const users = [...new Set(members.map((id) => userOf(partsOf(id)!)))];

function alertOf(alert_id: string, id: string, count: number): Alert {
  const { kind } = partsOf(id)!;
  return {
    ...{ alert_id, evidence: [id], count, analysis_rule: { rule_id: ruleIds[kind] } },
    triggered_by: { actor_type: "user", actor_id: userOf(partsOf(id)!) },
    raw_event_data: { ...eventOf(id), received_at: "2026-01-15T10:00:00.000Z", source: "http" },
  } as unknown as Alert;
}

const canaryAlerts = canaries.map((id, index) => alertOf(`canary ${index}`, id, 1));
const groupAlerts = users.map((user, index) =>
  alertOf(user, members.find((id) => userOf(partsOf(id)!) === users[index])!, 5),
);

const delivery: Delivery = {
  ...{ webhook_id: "d1", incident_id: "i1", type: "incident.opened", body: "hash", answered: 204 },
};

function testimony(changes: Partial<Testimony> = {}): Testimony {
  const alerts = changes.alerts ?? [...canaryAlerts, ...groupAlerts];
  const incident = { incident_id: "i1", alert_count: alerts.length } as unknown as Incident;
  const ids = [...canaries, ...members];
  return {
    report: { claimed: ids, acked: ids, acked_in_fault: 3, deliveries: [delivery] },
    ...{ alerts, rows: alerts as unknown as AlertSummary[], incidents: [incident] },
    ...{ quarantined: [], refuses: () => false },
    ...changes,
  };
}

const report = testimony().report;
const told = (deliveries: readonly Delivery[]) => judge(testimony({ report: { ...report, deliveries } }));
const refusedRecord = (id: string): QuarantinedRecord =>
  ({
    encoding: "json",
    body: JSON.stringify(eventOf(id)),
    code: "handler_failed",
    reason: "why",
  }) as QuarantinedRecord;

test("when all is there once, nothing is wrong", () => {
  const { lost, doubled, unexpected, corrupted, missing, problems } = judge(testimony());
  expect({ lost, doubled, unexpected, corrupted, missing }).toEqual({
    ...{ lost: 0, doubled: 0, unexpected: 0, corrupted: 0, missing: 0 },
  });
  expect(problems).toEqual([]);
});

describe("lost is", () => {
  test("an acknowledged canary without an alert", () => {
    expect(judge(testimony({ alerts: [...canaryAlerts.slice(1), ...groupAlerts] }))).toMatchObject({
      lost: 1,
    });
  });
  test("each event that a group's alert does not count", () => {
    const [first, ...others] = groupAlerts;
    const alerts = [...canaryAlerts, { ...first!, count: 3 }, ...others];
    expect(judge(testimony({ alerts }))).toMatchObject({ lost: 2, doubled: 0 });
  });
  test("nothing that was never acknowledged; when it is there it was recovered", () => {
    const alerts = [...canaryAlerts.slice(1), ...groupAlerts];
    const acked = [...canaries.slice(2), ...members];
    const verdict = judge(testimony({ alerts, report: { ...report, acked } }));
    expect(verdict).toMatchObject({ lost: 0, recovered: 1, problems: [] });
  });
});

describe("doubled is", () => {
  test("a second alert of a canary", () => {
    const alerts = [...canaryAlerts, alertOf("another", canaries[0]!, 1), ...groupAlerts];
    expect(judge(testimony({ alerts }))).toMatchObject({ doubled: 1 });
  });
  test("a row that is there twice", () => {
    const { rows } = testimony();
    expect(judge(testimony({ rows: [...rows, rows[0]!] }))).toMatchObject({ doubled: 1 });
  });
  test("each event that a group's alert counts beyond those that were sent", () => {
    const [first, ...others] = groupAlerts;
    const alerts = [...canaryAlerts, { ...first!, count: 7 }, ...others];
    expect(judge(testimony({ alerts }))).toMatchObject({ doubled: 2, lost: 0 });
  });
  test("an alert that incidents count and that is not there", () => {
    const incident = { incident_id: "i1", alert_count: 9 } as unknown as Incident;
    expect(judge(testimony({ incidents: [incident] }))).toMatchObject({ doubled: 4 });
  });
});

test("unexpected is an alert of an event that nobody sent", () => {
  const alerts = [...canaryAlerts, alertOf("strange", eventIdOf(run, "canary", 99), 1), ...groupAlerts];
  expect(judge(testimony({ alerts }))).toMatchObject({ unexpected: 1 });
});

test("corrupted is an event that came back with other content", () => {
  const [first, ...others] = canaryAlerts;
  const raw_event_data = { ...first!.raw_event_data!, resource: "/somewhere/else" };
  const alerts = [{ ...first!, raw_event_data }, ...others, ...groupAlerts];
  expect(judge(testimony({ alerts }))).toMatchObject({ corrupted: 1, lost: 0 });
});

test("an event that is to be refused belongs in quarantine, and any other does not", () => {
  const alerts = [...canaryAlerts.slice(1), ...groupAlerts];
  const quarantined = [refusedRecord(canaries[0]!)];
  const fine = judge(testimony({ alerts, quarantined, refuses: (id) => id === canaries[0] }));
  expect(fine).toMatchObject({ lost: 0, unexpected: 0, problems: [] });
  const verdict = judge(testimony({ alerts, quarantined }));
  expect(verdict.problems).toEqual([expect.stringContaining("healthy event")]);
});

describe("a notice must", () => {
  test("come, for each incident", () => {
    expect(told([])).toMatchObject({ missing: 1, problems: [expect.stringContaining("never told of")] });
    expect(told([{ ...delivery, answered: 500 }])).toMatchObject({ missing: 1 });
  });
  test("have one delivery id, on however many tries", () => {
    expect(told([delivery, delivery])).toMatchObject({ deliveredAgain: 1, problems: [] });
    expect(told([delivery, { ...delivery, webhook_id: "d2" }]).problems).toEqual([
      expect.stringContaining("2 delivery ids"),
    ]);
  });
  test("have the same bytes on each try, and a signature that fits", () => {
    expect(told([delivery, { ...delivery, body: "other" }]).problems).toEqual([
      expect.stringContaining("2 bodies"),
    ]);
    expect(told([{ ...delivery, problem: "no signature" }]).problems).toEqual([
      expect.stringContaining("no signature"),
    ]);
  });
});
