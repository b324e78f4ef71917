import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AlertSummary } from "../client/generated/auditflow.ts";
import { addChanges, addGone, admit, compareAlerts, mergeAlerts, noChanges } from "./merge-alerts.ts";

const all = { more: false };

function alert(id: string, seconds: number, more: Partial<AlertSummary> = {}): AlertSummary {
  const at = new Date(1_700_000_000_000 + seconds * 1000).toISOString();
  return {
    alert_id: id,
    timestamp: at,
    alert_name: "Failed login",
    alert_type: "failed_login",
    severity: "LOW",
    description: "",
    triggered_by: { actor_type: "user", actor_id: "alice" },
    impacted_resource: { resource_type: "host", resource_id: "web-1", server_hostname: "web-1" },
    count: 1,
    first_event_at: at,
    last_event_at: at,
    revision: 1,
    rule_id: "r1",
    rule_name: "Failed login",
    status: "open",
    assignee: null,
    close_reason: null,
    incident_id: null,
    version: 1,
    ...more,
  };
}

function ids(alerts: readonly AlertSummary[]): string[] {
  return alerts.map(({ alert_id }) => alert_id);
}

describe("a list with changes laid over it", () => {
  it("keeps a new alert waiting until it is let in, then shows it at its place", () => {
    const pages = [alert("a", 10), alert("b", 5)];
    const changes = addChanges(noChanges, [alert("c", 20), alert("d", 7)]);
    const before = mergeAlerts(pages, changes, all);
    expect(ids(before.alerts)).toEqual(["a", "b"]);
    expect(before.pending).toEqual(["c", "d"]);
    const after = mergeAlerts(pages, admit(changes, before.pending), all);
    expect(ids(after.alerts)).toEqual(["c", "a", "d", "b"]);
    expect(after.pending).toEqual([]);
  });

  it("changes a shown alert in place, without letting anything in", () => {
    const changes = addChanges(noChanges, [alert("b", 5, { revision: 3, count: 40 })]);
    const { alerts, pending } = mergeAlerts([alert("a", 10), alert("b", 5)], changes, all);
    expect(ids(alerts)).toEqual(["a", "b"]);
    expect(alerts[1]?.count).toBe(40);
    expect(pending).toEqual([]);
  });

  it("is not moved back by an older state that arrives late", () => {
    const newest = addChanges(noChanges, [alert("a", 1, { revision: 5, count: 9 })]);
    const { alerts } = mergeAlerts(
      [alert("a", 1)],
      addChanges(newest, [alert("a", 1, { revision: 2 })]),
      all,
    );
    expect(alerts[0]?.count).toBe(9);
  });

  it("drops an alert that became part of another and says so on the other, through a chain too", () => {
    const changes = addChanges(noChanges, [
      alert("c", 3, { revision: 2, merged_into: "b" }),
      alert("b", 2, { revision: 2, merged_into: "a" }),
    ]);
    const { alerts, absorbed } = mergeAlerts([alert("c", 3), alert("b", 2), alert("a", 1)], changes, all);
    expect(ids(alerts)).toEqual(["a"]);
    expect([...absorbed]).toEqual([["a", 2]]);
  });

  it("ends where two alerts name each other", () => {
    const pages = [alert("a", 2, { merged_into: "b" }), alert("b", 1, { merged_into: "a" })];
    expect(mergeAlerts(pages, noChanges, all).alerts).toEqual([]);
  });

  it("counts a row that matches no more, and neither shows nor announces it until it matches again", () => {
    const pages = [alert("a", 10), alert("b", 5)];
    const left = addGone(addChanges(noChanges, [alert("c", 20)]), ["a", "c"]);
    const without = mergeAlerts(pages, left, all);
    expect([ids(without.alerts), without.gone, without.pending]).toEqual([["b"], ["a"], []]);
    const back = mergeAlerts(pages, addChanges(left, [alert("a", 10, { version: 3 })]), all);
    expect([ids(back.alerts), back.gone]).toEqual([["a", "b"], []]);
  });

  it("takes what people decided later for newer", () => {
    const decided = addChanges(noChanges, [alert("a", 1, { status: "acknowledged", version: 2 })]);
    const { alerts } = mergeAlerts([alert("a", 1)], addChanges(decided, [alert("a", 1)]), all);
    expect(alerts[0]?.status).toBe("acknowledged");
  });

  it("leaves to the next page what lies below the last row", () => {
    const changes = admit(addChanges(noChanges, [alert("old", 1)]), ["old"]);
    expect(ids(mergeAlerts([alert("a", 10)], changes, { ...all, more: true }).alerts)).toEqual(["a"]);
    expect(ids(mergeAlerts([alert("a", 10)], changes, all).alerts)).toEqual(["a", "old"]);
  });

  it("has each id once, in its highest revision, newest first, for any interleaving of pages and stream", () => {
    const state = fc.record({
      id: fc.constantFrom("a", "b", "c", "d", "e", "f"),
      revision: fc.integer({ min: 1, max: 4 }),
      from: fc.constantFrom("page", "stream"),
    });
    fc.assert(
      fc.property(fc.array(state, { maxLength: 40 }), fc.boolean(), (states, splitBatches) => {
        const made = states.map((s) => ({ ...s, alert: stateOf(s.id, s.revision) }));
        const pages = made.filter(({ from }) => from === "page").map((s) => s.alert);
        const streamed = made.filter(({ from }) => from === "stream").map((s) => s.alert);
        const batches = splitBatches ? streamed.map((one) => [one]) : [streamed];
        const changes = batches.reduce(addChanges, noChanges);
        const { alerts } = mergeAlerts(pages, admit(changes, [...changes.byId.keys()]), all);
        expect(alerts).toEqual(expected(made.map((s) => s.alert)));
      }),
    );
  });

  it("shows or counts every matching alert exactly once, whatever was let in", () => {
    const some = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e", "f"));
    fc.assert(
      fc.property(some, some, some, (paged, streamed, admitted) => {
        const changes = admit(
          addChanges(
            noChanges,
            streamed.map((id) => stateOf(id, 1)),
          ),
          admitted,
        );
        const { alerts, pending } = mergeAlerts(
          paged.map((id) => stateOf(id, 1)),
          changes,
          all,
        );
        expect([...ids(alerts), ...pending].sort()).toEqual([...new Set([...paged, ...streamed])].sort());
      }),
    );
  });
});

/** Two alerts share each second, so that the id has to decide. */
function stateOf(id: string, revision: number): AlertSummary {
  return alert(id, Math.floor(id.charCodeAt(0) / 2), { revision, count: revision * 10 });
}

function expected(states: readonly AlertSummary[]): AlertSummary[] {
  const best = new Map<string, AlertSummary>();
  for (const one of states) {
    if ((best.get(one.alert_id)?.revision ?? 0) < one.revision) best.set(one.alert_id, one);
  }
  return [...best.values()].sort(compareAlerts);
}
