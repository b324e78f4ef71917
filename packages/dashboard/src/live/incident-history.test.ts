import type { HistoryEntry } from "@auditflow/contracts";
import { expect, test } from "vitest";
import { withOutcomes } from "./incident-history.ts";

const nothing = { status: null, assignee: null, close_reason: null };

function entry(operation_id: string, changes: Partial<HistoryEntry>): HistoryEntry {
  return {
    ...{ operation_id, at: "2026-01-15T09:00:00.000Z", who: "alice", action: "close" },
    ...{ from: nothing, to: nothing, note: null, version: 1 },
    ...changes,
  };
}

test("an incident's line is told with what the operation made of its alert, and keeps its own status", () => {
  const own = entry("1", { to: { ...nothing, status: "acknowledged" }, version: 7 });
  const alerts = entry("1", {
    to: { status: "closed", assignee: "bob", close_reason: "handled" },
    version: 2,
  });
  expect(withOutcomes([own], [alerts])).toEqual([
    { ...own, to: { status: "acknowledged", assignee: "bob", close_reason: "handled" } },
  ]);
});

test("what the line itself says stays", () => {
  const own = entry("1", { to: { status: "closed", assignee: null, close_reason: "other" } });
  const alerts = entry("1", { to: { status: "closed", assignee: null, close_reason: "handled" } });
  expect(withOutcomes([own], [alerts])).toEqual([own]);
});

test("an assignment that the alert does not know of names nobody", () => {
  expect(withOutcomes([entry("1", { action: "assign" })], [])[0]?.action).toBe("Assigned");
  expect(withOutcomes([entry("1", { action: "note" })], [])[0]?.action).toBe("note");
});
