import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFilter } from "./filter.ts";
import { isValueIn, replaceField, withoutTerm, withTerm } from "./filter-edit.ts";

describe("withTerm", () => {
  it.each([
    ["", "user", "alice", "user:alice"],
    ["severity:>=high", "user", "alice", "severity:>=high user:alice"],
    ["user:bob  oscar", "user", "alice", "user:bob,alice  oscar"],
    ["USER:bob", "user", "Al ice", 'USER:bob,"Al ice"'],
    ["user:bob", "-user", "alice", "user:bob -user:alice"],
    ["-user:alice oscar", "user", "alice", "oscar user:alice"],
    ["user:alice,bob", "-user", "Alice", "user:bob -user:Alice"],
    ["user:alice", "user", "ALICE", "user:alice"],
    ["user:al*", "user", "alice", "user:al*,alice"],
    ["severity:>=high", "severity", "low", "severity:>=high severity:low"],
    ["user:", "user", "alice", "user:alice"],
    ["oscar", "text", "a:b", 'oscar "a:b"'],
    ["oscar", "-text", "x y", 'oscar -"x y"'],
    ['user:"bob', "user", "alice", 'user:alice user:"bob'],
    ["nosuch:1 ", "assignee", "none", "nosuch:1 assignee:none"],
  ] as const)("%j with %s %s is %j", (text, key, value, result) => {
    expect(withTerm(text, key, value)).toBe(result);
  });
});

describe("withoutTerm", () => {
  it.each([
    ["user:alice", "user", "alice", ""],
    ["severity:>=high user:alice oscar", "user", "ALICE", "severity:>=high oscar"],
    ["severity:>=high user:alice", "user", "alice", "severity:>=high"],
    ['user:bob,"alice",carl x', "user", "alice", "user:bob,carl x"],
    ["user:alice -user:alice", "-user", "alice", "user:alice"],
    ["user:alice user:alice,b", "user", "alice", "user:b"],
    ["user:al*", "user", "alice", "user:al*"],
    ["oscar  bob", "text", "oscar", "bob"],
    ["severity:>=high", "severity", "high", "severity:>=high"],
  ] as const)("%j without %s %s is %j", (text, key, value, result) => {
    expect(withoutTerm(text, key, value)).toBe(result);
  });
});

describe("replaceField", () => {
  it.each([
    ["time:>=now-1h user:a -time:2026-11-20", "time", ">=now-24h", "time:>=now-24h user:a"],
    ["user:a", "time", ">=now-24h", "user:a time:>=now-24h"],
    ["user:a time:>=now-24h b", "time", "", "user:a b"],
    ["a severity:low b", "severity", "", "a b"],
    ["a -b c", "text", "z", "z"],
    ["user:a", "time", "", "user:a"],
  ] as const)("%j with %s set to %j is %j", (text, field, written, result) => {
    expect(replaceField(text, field, written)).toBe(result);
  });
});

describe("any text and value", () => {
  const signs = fc.string({ unit: fc.constantFrom(...Array.from('user:-,*"\\ >ab')) });
  const values = fc.string({
    unit: fc.constantFrom(...Array.from('ab ,*"\\>-:')),
    minLength: 1,
    maxLength: 4,
  });
  const keys = fc.constantFrom("user", "-user", "text", "-text");

  it("a value that was put in is in, one taken out is not, and no fault comes in", () => {
    fc.assert(
      fc.property(fc.oneof(signs, values), values, keys, (text, value, key) => {
        const added = withTerm(text, key, value);
        expect(isValueIn(added, key, value)).toBe(true);
        expect(isValueIn(withoutTerm(added, key, value), key, value)).toBe(false);
        if ("filter" in parseFilter(text)) expect(parseFilter(added)).toHaveProperty("filter");
      }),
      { numRuns: 500 },
    );
  });
});
