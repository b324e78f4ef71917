import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { completeFilter } from "./filter-complete.ts";
import { filterFieldNames } from "./filter-fields.ts";

/** Completes where `|` stands, and shows what each option would make of the text. */
function outcomes(marked: string): string[] {
  const caret = marked.indexOf("|");
  const text = marked.replace("|", "");
  const { from, to, options } = completeFilter(text, caret);
  return options.map((option) => text.slice(0, from) + option.text + text.slice(to));
}

describe("completeFilter", () => {
  it("offers every field where a term may begin", () => {
    expect(outcomes("|")).toEqual(
      filterFieldNames.filter((name) => name !== "text").map((name) => `${name}:`),
    );
    expect(outcomes("user:a |")).toHaveLength(filterFieldNames.length - 1);
  });

  it("offers the fields that begin so, those that people call so after them", () => {
    expect(outcomes("s|")).toEqual(["severity:", "status:", "synthetic:", "host:", "ip:", "time:"]);
    expect(outcomes("-se|")).toEqual(["-severity:", "-host:"]);
    expect(outcomes("a hostn| b")).toEqual(["a host: b"]);
  });

  it("replaces a name that is there with its colon", () => {
    expect(outcomes("sta|te:closed")).toEqual(["status:closed"]);
  });

  it("offers the choices, and the operators of a field with an order", () => {
    expect(outcomes("severity:|").slice(0, 6)).toEqual([
      ...["info", "low", "medium", "high", "critical"].map((word) => `severity:${word}`),
      "severity:>=",
    ]);
    expect(outcomes("status:|")).toEqual(
      ["open", "acknowledged", "resolved", "closed"].map((word) => `status:${word}`),
    );
    expect(outcomes("severity:>=h|")).toEqual(["severity:>=high"]);
  });

  it("offers no choice twice in a term", () => {
    expect(outcomes("status:open,|")).toEqual(
      ["acknowledged", "resolved", "closed"].map((word) => `status:open,${word}`),
    );
  });

  it("offers spans before now", () => {
    expect(outcomes("time:|")[0]).toBe("time:>=now-15m");
    expect(outcomes("time:>=now-2|")).toEqual(["time:>=now-24h"]);
  });

  it("tells the field and what is written of its value, for those who know more values", () => {
    expect(completeFilter('user:x,"al ice" b', 12)).toMatchObject({
      from: 7,
      to: 15,
      field: "user",
      written: "al i",
    });
    expect(completeFilter("nosuch:x", 8)).toMatchObject({ field: undefined, options: [] });
  });

  it("takes any text and any caret, and its span lies in the text", () => {
    const signs = fc.string({ unit: fc.constantFrom(...Array.from('user:severity>=,-*"\\ \ud800')) });
    fc.assert(
      fc.property(signs, fc.nat(30), (text, place) => {
        const caret = Math.min(place, text.length);
        const { from, to } = completeFilter(text, caret);
        expect(from).toBeGreaterThanOrEqual(0);
        expect(to).toBeGreaterThanOrEqual(from);
        expect(to).toBeLessThanOrEqual(text.length);
      }),
    );
  });
});
