import { describe, expect, test } from "vitest";
import type { AlertSummary, ScenarioRun } from "../client/generated/auditflow.ts";
import { type Arrival, arrivalsOf, rulesAwaited, withArrival } from "./scenario-watch.ts";

const run: ScenarioRun = {
  scenario: "brute-force",
  events: 8,
  event_ids: [],
  rules: ["by_user", "by_address"],
  user_id: "gavin",
  client_ip: "192.0.2.3",
};

function alert(alert_id: string, changes: Partial<AlertSummary> = {}): AlertSummary {
  return {
    alert_id,
    timestamp: "2026-11-23T11:00:00.000Z",
    alert_name: "Burst",
    alert_type: "by_user",
    severity: "HIGH",
    description: "",
    triggered_by: { actor_type: "user", actor_id: "gavin", client_ip: "192.0.2.3" },
    impacted_resource: { resource_type: "host", resource_id: "h", server_hostname: "h" },
    count: 3,
    first_event_at: "2026-11-23T11:00:00.000Z",
    last_event_at: "2026-11-23T11:00:00.000Z",
    revision: 1,
    rule_id: "r",
    rule_name: "Burst",
    status: "open",
    assignee: null,
    close_reason: null,
    incident_id: null,
    version: 1,
    ...changes,
  };
}

describe("the alerts of a scenario", () => {
  test("an alert belongs to the run by its user or by its address", () => {
    const arrivals: Arrival[] = [
      { alert: alert("user", { triggered_by: { actor_type: "user", actor_id: "gavin" } }), at: 1 },
      { alert: alert("address", { triggered_by: { actor_type: "address", actor_id: "192.0.2.3" } }), at: 2 },
      { alert: alert("other", { triggered_by: { actor_type: "user", actor_id: "mallory" } }), at: 3 },
    ];
    expect(arrivalsOf(run, arrivals).map(({ at }) => at)).toEqual([1, 2]);
  });

  test("a rule is awaited until an alert of it about this run is heard of", () => {
    const other = alert("b", {
      alert_type: "by_address",
      triggered_by: { actor_type: "user", actor_id: "eve" },
    });
    expect(
      rulesAwaited(run, [
        { alert: alert("a"), at: 1 },
        { alert: other, at: 2 },
      ]),
    ).toEqual(["by_address"]);
  });

  test("an alert that grows keeps the time of its first news and shows its newest revision", () => {
    const first = withArrival([], { alert: alert("a", { revision: 2, count: 5 }), at: 40 });
    const grown = withArrival(first, { alert: alert("a", { revision: 3, count: 8 }), at: 900 });
    expect(grown.map(({ alert: { count }, at }) => [count, at])).toEqual([[8, 40]]);
    expect(withArrival(grown, { alert: alert("a", { revision: 2 }), at: 950 })).toBe(grown);
  });
});
