import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isUnfiltered, readAlertsSearch, toggleSeverity } from "./filter-search.ts";

describe("the filter in the address", () => {
  it("is read from lists and from words separated by commas, worst severity first", () => {
    expect(readAlertsSearch({ severity: "low,CRITICAL" })).toEqual({ severity: ["CRITICAL", "LOW"] });
    expect(readAlertsSearch({ severity: ["HIGH", "HIGH"] })).toEqual({ severity: ["HIGH"] });
  });

  it("leaves out what is no filter", () => {
    const nothing = { severity: ["SEVERE", 4], from: "yesterday", to: {}, rule_id: "", page: 3 };
    expect(isUnfiltered(readAlertsSearch(nothing))).toBe(true);
  });

  it("keeps an offset of a time as the same moment in UTC", () => {
    expect(readAlertsSearch({ from: "2026-01-01T01:00:00+01:00" })).toEqual({
      from: "2026-01-01T00:00:00.000Z",
    });
  });

  it("gives the same filter again when it is read twice", () => {
    const search = fc.record({ severity: fc.anything(), rule_id: fc.anything(), from: fc.anything() });
    const sane = fc.record({
      severity: fc.array(fc.constantFrom("HIGH", "LOW", "INFO", "x")),
      rule_id: fc.string(),
      from: fc
        .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
        .map((d) => d.toISOString()),
    });
    fc.assert(
      fc.property(fc.oneof(search, sane), (given) => {
        const once = readAlertsSearch(given);
        expect(readAlertsSearch(JSON.parse(JSON.stringify(once)))).toEqual(once);
      }),
    );
  });

  it("loses the severity altogether with the last one taken away", () => {
    const one = toggleSeverity({ rule_id: "r" }, "HIGH");
    expect(one).toEqual({ rule_id: "r", severity: ["HIGH"] });
    expect(toggleSeverity(one, "HIGH")).toEqual({ rule_id: "r" });
  });
});
