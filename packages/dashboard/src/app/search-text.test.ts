import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSearch, stringifySearch } from "./search-text.ts";

describe("what stands in an address after the ?", () => {
  it("shows a filter as a person wrote it", () => {
    const filter = '-status:closed user:alice,bob rule:"Failed login"';
    expect(stringifySearch({ filter, from: "now-24h" })).toBe(
      "?filter=-status:closed+user:alice,bob+rule:%22Failed+login%22&from=now-24h",
    );
  });

  it("takes a filter that looks like JSON for what it says", () => {
    for (const filter of ['"failed login"', "5", "true", ""]) {
      expect(parseSearch(stringifySearch({ filter }))).toEqual({ filter });
    }
  });

  it("reads lists, written as JSON and as a parameter that comes several times", () => {
    expect(parseSearch('?severity=["CRITICAL"]')).toEqual({ severity: ["CRITICAL"] });
    expect(parseSearch("?severity=HIGH&severity=LOW&x=1")).toEqual({ severity: ["HIGH", "LOW"], x: 1 });
  });

  it("is read back as it was written", () => {
    const value = fc.oneof(fc.string({ unit: "binary" }), fc.integer(), fc.boolean(), fc.array(fc.string()));
    const search = fc.record({ filter: fc.string({ unit: "binary" }), from: value, page: value });
    fc.assert(
      fc.property(search, (given) => {
        expect(parseSearch(stringifySearch(given))).toEqual(given);
      }),
    );
  });
});
