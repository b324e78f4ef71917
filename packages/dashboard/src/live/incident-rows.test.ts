import { expect, test } from "vitest";
import type { Incident } from "../client/generated/auditflow.ts";
import { afterFetch, noRows } from "./incident-rows.ts";

/** The nth incident that was opened. */
function incident(n: number, changes: Partial<Incident> = {}): Incident {
  return {
    incident_id: `0190a000-0000-7000-8000-${String(n).padStart(12, "0")}`,
    opened_at: new Date(1_800_000_000_000 + n * 1_000).toISOString(),
    alert_count: 1,
    ...changes,
  } as Incident;
}

const calm = { more: false, mayEnter: false };
const numbers = (rows: readonly Incident[]): number[] =>
  rows.map(({ incident_id }) => Number(incident_id.slice(-6)));

test("the first answer is shown whole, each incident once, newest first", () => {
  const { rows, pending, left } = afterFetch(noRows, {
    ...calm,
    incidents: [incident(1), incident(3), incident(2), incident(3)],
  });
  expect([numbers(rows), pending, left]).toEqual([[3, 2, 1], 0, 0]);
});

test("newer incidents wait while the reader reads, and enter when he may be disturbed", () => {
  const before = afterFetch(noRows, { ...calm, incidents: [incident(2), incident(1)] });
  const incidents = [incident(4), incident(3), incident(2, { alert_count: 9 }), incident(1)];
  const reading = afterFetch(before, { ...calm, incidents });
  expect([numbers(reading.rows), reading.pending]).toEqual([[2, 1], 2]);
  expect(reading.rows[0]?.alert_count).toBe(9);
  const shown = afterFetch(reading, { ...calm, incidents, mayEnter: true });
  expect([numbers(shown.rows), shown.pending]).toEqual([[4, 3, 2, 1], 0]);
});

test("an incident that does not fit any more leaves and is counted, also over several fetches", () => {
  const before = afterFetch(noRows, { ...calm, incidents: [3, 2, 1].map((n) => incident(n)) });
  const once = afterFetch(before, { ...calm, incidents: [incident(3), incident(1)] });
  expect([numbers(once.rows), once.left]).toEqual([[3, 1], 1]);
  const twice = afterFetch(once, { ...calm, incidents: [] });
  expect([twice.rows, twice.left]).toEqual([[], 3]);
});

test("what newer incidents push below the last page stays and is not counted as gone", () => {
  const before = afterFetch(noRows, { ...calm, more: true, incidents: [3, 2, 1].map((n) => incident(n)) });
  const { rows, pending, left } = afterFetch(before, {
    ...{ more: true, mayEnter: false },
    incidents: [5, 4, 3].map((n) => incident(n)),
  });
  expect([numbers(rows), pending, left]).toEqual([[3, 2, 1], 2, 0]);
});

test("further pages join below", () => {
  const before = afterFetch(noRows, { ...calm, more: true, incidents: [incident(5), incident(4)] });
  const { rows, pending } = afterFetch(before, {
    ...calm,
    incidents: [5, 4, 3, 2].map((n) => incident(n)),
  });
  expect([numbers(rows), pending]).toEqual([[5, 4, 3, 2], 0]);
});
