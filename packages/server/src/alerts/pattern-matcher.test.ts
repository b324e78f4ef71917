import type { FilterPattern } from "@auditflow/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { patternMatcher } from "./pattern-matcher.ts";

const pieces = (written: string): FilterPattern =>
  (written.match(/[*?]|[^*?]+/g) ?? []).map((part) =>
    part === "*" || part === "?" ? { wild: part } : { text: part },
  );

describe("patternMatcher", () => {
  it.each([
    ["web-*", "web-1", true],
    ["web-*", "a web-1", false],
    ["*-1", "web-1", true],
    ["*aa", "a", false],
    ["a*a", "a", false],
    ["*", "", true],
    ["?", "", false],
    ["?", "😀", true],
    ["??", "😀", false],
    ["*?😀", "a😀😀", true],
    ["a?c*", "abcd", true],
  ])("%s on %j: %s", (pattern, text, fits) => {
    expect(patternMatcher(pieces(pattern))(text)).toBe(fits);
  });

  it("agrees with a regular expression", () => {
    const signs = fc.string({ unit: fc.constantFrom("a", "b", "😀", "*", "?"), maxLength: 8 });
    const texts = fc.string({ unit: fc.constantFrom("a", "b", "😀"), maxLength: 10 });
    fc.assert(
      fc.property(signs, texts, (pattern, text) => {
        const expression = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`, "su");
        expect(patternMatcher(pieces(pattern))(text)).toBe(expression.test(text));
      }),
      { numRuns: 2000 },
    );
  });
});
