import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alertSeverities } from "./alert-severity.ts";
import { alertStatuses } from "./alert-status.ts";
import { parseFilter } from "./filter.ts";
import { filterValue, formatFilter } from "./filter-format.ts";
import type { Filter, FilterPattern, FilterPatternPiece, FilterTerm } from "./filter-term.ts";

function again(text: string): string {
  const result = parseFilter(text);
  if ("faults" in result) throw new Error(JSON.stringify(result.faults));
  return formatFilter(result.filter);
}

describe("formatFilter", () => {
  it.each([
    ["  SEVERITY:>=HIGH   -Status:CLOSED ", "severity:>=high -status:closed"],
    ['rule:"Failed"\\ login user:"alice"', 'rule:"Failed login" user:alice'],
    ['"oscar" "-x" "a:b" text:one text:a,b', 'oscar "-x" "a:b" one text:a,b'],
    ['rule:"Failed "**', 'rule:"Failed "*'],
    ["time:>2026-11-20T10:00:00+02:00 time:<now-0h", "time:>2026-11-20T08:00:00.000Z time:<now"],
    ["ip:FE80::* assignee:NONE count:007", "ip:FE80::* assignee:none count:7"],
    ['"severity>=high" user:">5"', '"severity>=high" user:">5"'],
  ])("writes %s as %s", (text, canonical) => {
    expect(again(text)).toBe(canonical);
    expect(again(canonical)).toBe(canonical);
  });

  it("what it writes is read as an equal filter, for every filter", () => {
    fc.assert(
      fc.property(filters, (filter) => {
        expect(parseFilter(formatFilter(filter))).toEqual({ filter });
      }),
      { numRuns: 500 },
    );
  });

  it("a plain value in quotes, where it needs them, is read as that value", () => {
    fc.assert(
      fc.property(texts, (value) => {
        expect(parseFilter(`user:${filterValue(value)}`)).toMatchObject({
          filter: { terms: [{ values: [[{ text: value }]] }] },
        });
      }),
    );
  });
});

const signs = fc.constantFrom(...Array.from('aZ9ßİ😀:=<>-,*?"\\ \n\t_%.'));
const texts = fc.string({ unit: signs, minLength: 1, maxLength: 6 });
const wild = fc.constantFrom<FilterPatternPiece>({ wild: "*" }, { wild: "?" });

/** Pieces as the parser leaves them: texts joined, and stars that follow each other one. */
const patterns: fc.Arbitrary<FilterPattern> = fc
  .array(
    fc.oneof(
      texts.map((text) => ({ text })),
      wild,
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((pieces) =>
    pieces.filter((piece, n) => {
      const before = pieces[n - 1];
      if (before === undefined) return true;
      if ("text" in piece) return !("text" in before);
      return !(piece.wild === "*" && "wild" in before && before.wild === "*");
    }),
  );

const isNone = (pattern: FilterPattern): boolean =>
  pattern.length === 1 && "text" in pattern[0]! && pattern[0].text.toLowerCase() === "none";

function term<V>(field: string, values: fc.Arbitrary<V>, operators = ["="]): fc.Arbitrary<FilterTerm> {
  return fc
    .record({
      not: fc.boolean(),
      operator: fc.constantFrom(...operators),
      values: fc.array(values, { minLength: 1, maxLength: 3 }),
    })
    .map(
      (made) =>
        ({
          field,
          ...made,
          values: made.operator === "=" ? made.values : made.values.slice(0, 1),
        }) as FilterTerm,
    );
}

const ordered = ["=", ">", ">=", "<", "<="];
const moments = fc
  .date({ min: new Date("0000-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true })
  .map((date) => date.toISOString());
const ago = fc.record({
  ago: fc.integer({ min: 1, max: 999_999 }),
  unit: fc.constantFrom("s", "m", "h", "d", "w"),
});

const filters: fc.Arbitrary<Filter> = fc
  .array(
    fc.oneof(
      ...["text", "rule", "user", "host", "ip", "type"].map((field) => term(field, patterns)),
      term("assignee", fc.option(patterns.filter((pattern) => !isNone(pattern)))),
      term("severity", fc.constantFrom(...alertSeverities), ordered),
      term("status", fc.constantFrom(...alertStatuses)),
      term("id", fc.uuid()),
      term("incident", fc.uuid()),
      term("synthetic", fc.boolean()),
      term("count", fc.nat(), ordered),
      term(
        "time",
        fc.oneof(
          moments.map((at) => ({ at })),
          moments.map((at) => ({ day: at.slice(0, 10) })),
        ),
        ordered,
      ),
      term("time", ago, ordered.slice(1)),
    ),
    { maxLength: 6 },
  )
  .map((terms) => ({ terms }));
