import { expect, test } from "vitest";
import { anyOne, anyRun, compilePattern, parsePattern } from "./pattern.ts";

const S = String.raw;

test.each([
  ["a star is any run of characters", "a*b", ["a", anyRun, "b"]],
  ["a question mark is exactly one character", "a?", ["a", anyOne]],
  ["an escaped star is a star", S`\*`, ["*"]],
  ["an escaped question mark is a question mark", S`a\?b`, ["a?b"]],
  ["two backslashes before a star are a backslash and a wildcard", S`\\*`, ["\\", anyRun]],
  ["three backslashes before a star are a backslash and a star", S`\\\*`, [S`\*`]],
  ["one backslash before another character is a backslash", S`C:\temp`, [S`C:\temp`]],
  ["two backslashes are one backslash", S`\\`, ["\\"]],
  ["three backslashes are two", S`\\\ `.trim(), [S`\\ `.trim()]],
  ["four backslashes are two", S`\\\\`, [S`\\ `.trim()]],
  ["a backslash at the end is a backslash", `a${"\\"}`, [`a${"\\"}`]],
  ["an empty value has no pieces", "", []],
])("%s", (_claim, text, pieces) => {
  expect(parsePattern(text)).toEqual(pieces);
});

test.each([
  ["abc", "ABC", true, "case does not count"],
  ["abc", "abcd", false, "the whole text is compared"],
  ["abc*", "abcd", true, "a run at the end"],
  ["*bcd", "abcd", true, "a run at the start"],
  ["*bc*", "abcd", true, "runs on both sides"],
  ["*", "", true, "a run may be empty"],
  ["?", "", false, "one character must be there"],
  ["?", "😀", true, "one character may take two units"],
  ["??", "😀", false, "and is still one"],
  ["*??", "😀", false, "also after a run"],
  ["a*b*c", "aXbXbXc", true, "runs inside"],
  ["a*b*c", "acb", false, "in this order"],
  ["a**b", "ab", true, "two runs are one"],
  ["*a?c*", "xxabacc", true, "a later place when the first does not fit"],
  ["ab*ba", "aba", false, "start and end do not share characters"],
  ["*ab", "aab", true, "the end is tried at the end"],
  ["*ä*", "XÄX", true, "beyond ASCII too"],
  ["*ος*", "ΠΟΣΑ", true, "a Greek sigma is one letter in all its forms"],
  ["a\nb", "A\nB", true, "line ends are characters"],
  ["a*b", "a\nb", true, "which a run covers"],
])("%j against %j is %j: %s", (pattern, text, expected) => {
  expect(compilePattern(parsePattern(pattern), true)(text.toLowerCase().replaceAll("ς", "σ"))).toBe(expected);
});

test("a pattern of many wildcards takes no more than text times pattern", () => {
  const pattern = compilePattern(parsePattern(`${"*a?".repeat(50)}b`), true);
  expect(pattern("a".repeat(20_000))).toBe(false);
});
