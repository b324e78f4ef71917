import fc from "fast-check";
import { RE2JS } from "re2js";
import { expect, test } from "vitest";
import { fold } from "./fold.ts";
import { presence } from "./need.ts";
import { needOfRegex } from "./regex-need.ts";
import { parseRegex } from "./regex-syntax.ts";
import type { Need } from "./rule.ts";

function needOf(expression: string, ignoreCase = false): Need | undefined {
  const branches = parseRegex(expression);
  return (branches && needOfRegex("f", branches, { ignoreCase })) ?? presence("f");
}

function shown(need: Need | undefined): string {
  if (need === undefined) return "";
  if ("all" in need) return `(${need.all.map(shown).join(" & ")})`;
  if ("any" in need) return `(${need.any.map(shown).join(" | ")})`;
  return need.place === "exists" ? "*" : need.text;
}

test.each([
  ["abc", "abc"],
  ["^/home/[^/]+/\\.ssh/authorized_keys2?$", "(/home/ & /.ssh/authorized_keys)"],
  ["https?://0[0-9]{3,11}", "(http & ://0)"],
  ["[Rr][Uu][Nn][Dd]ll32", "rundll32"],
  ["(?:cmd|pwsh)\\.exe", "((cmd | pwsh) & .exe)"],
  ["(?:cmd|.*)\\.exe", ".exe"],
  ["ab+c", "(ab & c)"],
  ["ab{2}c", "(ab & c)"],
  ["ab{0,2}c", "(a & c)"],
  ["a|.*", "*"],
  ["\\n\\n", "\n\n"],
  ["\\x41bc", "*"],
  ["(?i)Pass", "pa"],
  ["\\d+", "*"],
  ["[[:alpha:]]x", "*"],
])("%s needs %s", (expression, expected) => {
  expect(shown(needOf(expression))).toBe(expected);
});

function holds(need: Need | undefined, text: string): boolean {
  if (need === undefined) return true;
  if ("all" in need) return need.all.every((part) => holds(part, text));
  if ("any" in need) return need.any.some((part) => holds(part, text));
  return need.place === "exists" || fold(text).includes(need.text);
}

const piece = fc.constantFrom(
  ...[
    "a",
    "b",
    "s",
    "S",
    "ſ",
    "K",
    "é",
    ".",
    "^",
    "$",
    "|",
    "(",
    ")",
    "(?:",
    "(?i)",
    "(?i:",
    "(?P<n>",
    "*",
    "+",
  ],
  ...[
    "?",
    "{2}",
    "{0,1}",
    "{1,}",
    "{",
    "}",
    "[ab]",
    "[Aa]",
    "[^a]",
    "[]a]",
    "\\.",
    "\\d",
    "\\b",
    "\\n",
    "\\x61",
    "\\Q",
  ],
);
const letters = fc.string({
  unit: fc.constantFrom("a", "A", "b", "s", "S", "ſ", "k", "K", "\u212a", "é", "É", ".", "1", "\n"),
  maxLength: 12,
});

test("whatever an expression is found in holds what the expression is said to need", () => {
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 8 }),
      fc.boolean(),
      fc.array(letters, { minLength: 20, maxLength: 20 }),
      (pieces, ignoreCase, texts) => {
        const expression = pieces.join("");
        const regex = compile(expression, ignoreCase);
        const need = needOf(expression, ignoreCase);
        const found = regex === undefined ? [] : texts.filter((text) => regex.test(text));
        for (const text of found) expect(holds(need, text)).toBe(true);
      },
    ),
    { numRuns: 20000 },
  );
});

function compile(expression: string, ignoreCase: boolean): RE2JS | undefined {
  try {
    return RE2JS.compile(expression, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  } catch {
    return undefined;
  }
}
