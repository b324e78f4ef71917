import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  defaultFilter,
  filterOf,
  isDefault,
  readAlertsSearch,
  wholeFilter,
  withFilter,
} from "./filter-search.ts";

describe("the search in the address", () => {
  it("shows what is not closed when it says nothing, and everything when its filter is empty", () => {
    expect(filterOf(readAlertsSearch({}))).toBe(defaultFilter);
    expect(wholeFilter(readAlertsSearch({ filter: "" }))).toBe("");
    expect(isDefault(withFilter({ filter: "user:bob" }, `${defaultFilter} `))).toBe(true);
  });

  it("asks the service for filter and times in one", () => {
    const search = readAlertsSearch({ filter: "user:Bob  host:web-*", from: "now-24h", to: "2026-01-02" });
    expect(wholeFilter(search)).toBe("user:Bob host:web-* time:>=now-24h time:<2026-01-02T00:00:00.000Z");
    expect(wholeFilter({ filter: "severity:hgih" })).toBeUndefined();
  });

  it("leaves out what is no search", () => {
    const nothing = {
      severity: ["SEVERE", 4],
      from: "yesterday",
      to: {},
      rule_id: "",
      page: 3,
      filter: null,
    };
    expect(isDefault(readAlertsSearch(nothing))).toBe(true);
  });

  it("keeps the meaning of links of before", () => {
    expect(readAlertsSearch({ severity: ["CRITICAL", "HIGH"], rule_id: "one two" })).toEqual({
      filter: 'severity:critical,high rule:"one two"',
    });
  });

  it("keeps an offset of a time as the same moment in UTC", () => {
    expect(readAlertsSearch({ from: "2026-01-01T01:00:00+01:00" })).toEqual({
      from: "2026-01-01T00:00:00.000Z",
    });
  });

  it("gives the same search again when it is read twice", () => {
    const search = fc.record({
      filter: fc.anything(),
      severity: fc.anything(),
      rule_id: fc.anything(),
      from: fc.anything(),
      to: fc.anything(),
    });
    fc.assert(
      fc.property(search, (given) => {
        const once = readAlertsSearch(given);
        expect(readAlertsSearch(JSON.parse(JSON.stringify(once)))).toEqual(once);
      }),
    );
  });
});
