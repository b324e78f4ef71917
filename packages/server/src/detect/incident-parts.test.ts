import { expect, test } from "vitest";
import { incidentPartsOf } from "./incident-parts.ts";

const of = (auditflow: unknown) => incidentPartsOf({ custom: { auditflow } });

test("a rule says what makes its alerts one incident", () => {
  expect(of({ incident_by: ["actor", "host", "actor"] })).toEqual(["actor", "host"]);
  expect(of({ incident_by: [] })).toEqual([]);
});

test("a rule that does not say leaves it to the default", () => {
  expect(incidentPartsOf({ custom: {} })).toBeUndefined();
  expect(of({ lateness: "10m" })).toBeUndefined();
});

test.each([["host"], [["hosts"]], [{}], [null], [[1]]])(
  "%j is refused with what would be right",
  (incident_by) => {
    expect(of({ incident_by })).toBe(
      "auditflow.incident_by: must be a list of actor, address, resource, host",
    );
  },
);
