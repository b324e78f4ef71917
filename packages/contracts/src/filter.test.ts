import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFilter } from "./filter.ts";
import { filterLimits } from "./filter-fields.ts";
import type { Filter, FilterFault, FilterTerm } from "./filter-term.ts";

function termsOf(text: string): readonly FilterTerm[] {
  const result = parseFilter(text);
  if ("faults" in result) throw new Error(JSON.stringify(result.faults));
  return result.filter.terms;
}

function faultsOf(text: string): FilterFault[] {
  const result = parseFilter(text);
  return "faults" in result ? result.faults : [];
}

/** Each fault as the piece of text it points at, and its message. */
function pointed(text: string): [string, string][] {
  return faultsOf(text).map(({ from, to, message }) => [text.slice(from, to), message]);
}

const text = (value: string) => [{ text: value }];

describe("parseFilter", () => {
  it("reads the filter of the documentation", () => {
    const filter =
      'severity:>=high rule:"Failed login" user:alice -status:closed host:web-* time:>=now-24h oscar';
    expect(parseFilter(filter)).toEqual({
      filter: {
        terms: [
          { field: "severity", not: false, operator: ">=", values: ["HIGH"] },
          { field: "rule", not: false, operator: "=", values: [text("Failed login")] },
          { field: "user", not: false, operator: "=", values: [text("alice")] },
          { field: "status", not: true, operator: "=", values: ["closed"] },
          { field: "host", not: false, operator: "=", values: [[{ text: "web-" }, { wild: "*" }]] },
          { field: "time", not: false, operator: ">=", values: [{ ago: 24, unit: "h" }] },
          { field: "text", not: false, operator: "=", values: [text("oscar")] },
        ],
      },
    } satisfies { filter: Filter });
  });

  it("an empty text and mere spaces are the filter without terms", () => {
    expect(termsOf("")).toEqual([]);
    expect(termsOf(" \t\n\u00a0 ")).toEqual([]);
  });

  it("the names of fields and of choices are read in any case", () => {
    expect(termsOf("SEVERITY:High,LOW Synthetic:TRUE")).toMatchObject([
      { field: "severity", values: ["HIGH", "LOW"] },
      { field: "synthetic", values: [true] },
    ]);
  });

  it("wildcards count outside quotes only, and several stars are one", () => {
    expect(termsOf('rule:"Failed *"*** user:a\\*b?')).toMatchObject([
      { values: [[{ text: "Failed *" }, { wild: "*" }]] },
      { values: [[{ text: "a*b" }, { wild: "?" }]] },
    ]);
  });

  it("a comma separates values after a field, and is a sign of a bare word", () => {
    expect(termsOf('user:alice,"b, c",d a,b')).toMatchObject([
      { field: "user", values: [text("alice"), text("b, c"), text("d")] },
      { field: "text", values: [text("a,b")] },
    ]);
  });

  it("quotes and escapes take signs that mean something else as they are", () => {
    expect(termsOf('"-status:closed" "a \\"b\\" \\\\" ip:fe80::1 user:"\\,\\ "')).toMatchObject([
      { field: "text", not: false, values: [text("-status:closed")] },
      { field: "text", values: [text('a "b" \\')] },
      { field: "ip", values: [text("fe80::1")] },
      { field: "user", values: [text(", ")] },
    ]);
  });

  it("`none` as an assignee is nobody", () => {
    expect(termsOf("assignee:None,alice")).toMatchObject([{ values: [null, text("alice")] }]);
  });

  it("ids are read in any case and kept in lower case", () => {
    expect(termsOf("id:0190A000-0000-5000-8000-0000000000FF")).toMatchObject([
      { values: ["0190a000-0000-5000-8000-0000000000ff"] },
    ]);
  });
});

describe("a fault points at what is wrong and says what to do", () => {
  it.each([
    ["a colour:red b", "colour", "There is no field `colour`"],
    ["usr:alice", "usr", "did you mean `user:`?"],
    ["hostname:web-1", "hostname", "did you mean `host:`?"],
    ["12:30", "12", 'to search for the text write `"12:30"`'],
    ["user:a :x", "", "name is missing before `:`"],
    ["severity:urgent", "urgent", "There is no severity `urgent`: take info, low, medium, high, critical"],
    ["severity:>urgent", "urgent", "There is no severity `urgent`"],
    ["severity:low,hgih", "hgih", "did you mean `high`?"],
    ["severity:hi*", "hi*", "takes no wildcards"],
    ["severity:>=high,low", ",low", "`>=` takes one value"],
    ["status:done", "done", "There is no status `done`"],
    ["synthetic:yes", "yes", "take true, false"],
    ["user:>=bob", ">=", "`user` has no order"],
    ["a user: alice", "user:", "A value is missing"],
    ["-user:", "-user:", "A value is missing"],
    ["user:a,,b", ",", "beside this comma"],
    ["user:a,", ",", "beside this comma"],
    ["user:,a", ",", "beside this comma"],
    ['user:x,""', '""', "An empty value fits nothing"],
    ['""', '""', "An empty value fits nothing"],
    ["a - b", "-", "Write right after `-`"],
    ['user:alice "fail', '"fail', "This quote has no end"],
    ["user:a\\", "\\", "has nothing after it"],
    ["user:CORP\\alice", "\\a", "Write `\\\\a`"],
    ["severity>=high", "severity>=", "write `severity:>=`"],
    ["-status=closed", "status=", "write `status:`"],
    ["id:0190a000*", "0190a000*", "whole UUID"],
    ["count:>1e3", "1e3", "a whole number"],
    ["count:-1", "-1", "a whole number"],
    ["count:1234567890123456", "1234567890123456", "at most 15 digits"],
    ["time:>=2026-02-30", "2026-02-30", "The calendar has no 2026-02-30"],
    ["time:now-24h", "now-24h", "write `time:>=now-24h`"],
    ["time:>=now-1M", "now-1M", "s, m (minutes), h, d or w"],
    ["time:2026-*", "2026-*", "takes no wildcards"],
    ["time:>yesterday", "yesterday", "Write a date"],
    ["a\0b", "\0", "NUL"],
    ["a\ud800b", "\ud800", "lone surrogate"],
  ])("%j", (written, at, message) => {
    const faults = pointed(written);
    expect(faults).toHaveLength(1);
    expect(faults[0]![1]).toContain(message);
    if (at !== "") expect(faults[0]![0]).toBe(at);
  });

  it("all faults are told at once, in the order of the text", () => {
    expect(pointed("sev:x user:>1 ok time:0 id:1").map(([at]) => at)).toEqual(["sev", ">", "0", "1"]);
  });

  it("a long wrong word is cut in the message", () => {
    expect(faultsOf(`severity:${"x".repeat(500)}`)[0]!.message.length).toBeLessThan(200);
  });
});

describe("limits", () => {
  it(`${filterLimits.length} characters are read, one more is refused where it begins`, () => {
    expect(faultsOf("x".repeat(filterLimits.length))).toEqual([]);
    expect(faultsOf("x".repeat(100_000))).toMatchObject([{ from: 2000, to: 100_000 }]);
  });

  it(`${filterLimits.terms} terms are read, and the first one more is pointed at`, () => {
    expect(termsOf("a ".repeat(50))).toHaveLength(50);
    expect(pointed(`${"a ".repeat(50)}bb cc `)[0]![0]).toBe("bb cc");
  });

  it(`${filterLimits.values} values of a term are read, and the first one more is pointed at`, () => {
    expect(termsOf(`user:${"a,".repeat(49)}a`)[0]!.values).toHaveLength(50);
    expect(pointed(`user:${"a,".repeat(50)}bb,cc`)[0]![0]).toBe("bb,cc");
  });
});

describe("any text", () => {
  const signs = fc.string({
    unit: fc.constantFrom(...Array.from('user:severity>=<,-*?"\\ now24hd\0\ud800ß')),
  });

  it("is read or refused, never thrown at, and faults lie within it", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), signs), (given) => {
        for (const { from, to } of faultsOf(given)) {
          expect(from).toBeGreaterThanOrEqual(0);
          expect(to).toBeGreaterThan(from);
          expect(to).toBeLessThanOrEqual(given.length);
        }
      }),
      { numRuns: 500 },
    );
  });
});
