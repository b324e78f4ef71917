import type { AuditEvent } from "@auditflow/contracts";
import { expect, test } from "vitest";
import { exampleAlert } from "../../testing/example-alert.ts";
import { tracesOfAlerts, tracesOfEvents } from "./alert-traces.ts";

const event = (event_id: string) => ({ event_id }) as AuditEvent;
const alertOn = (fired: AuditEvent | null, evidence: string[]) =>
  exampleAlert(0, { raw_event_data: fired, evidence });

test("an alert has the trace of the event that fired it, else of its last evidence in the batch, else none", () => {
  const events = tracesOfEvents(
    [event("a"), event("b"), event("c"), null, 7],
    ["A", "B", undefined, "N", "7"],
  );
  const alerts = [
    alertOn(event("a"), ["b", "a"]),
    alertOn(event("long ago"), ["long ago", "a", "b", "c"]),
    alertOn(null, ["a"]),
    alertOn(event("c"), ["c"]),
    alertOn(event("x"), []),
  ];
  expect(tracesOfAlerts(alerts, events)).toEqual(["A", "B", "A", undefined, undefined]);
});
