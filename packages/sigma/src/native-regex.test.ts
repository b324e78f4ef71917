import fc from "fast-check";
import { RE2JS } from "re2js";
import { expect, test } from "vitest";
import { nativeRegex } from "./native-regex.ts";
import { parseRegex } from "./regex-syntax.ts";

function native(expression: string): RegExp | undefined {
  const branches = parseRegex(expression);
  return branches && nativeRegex(branches);
}

const piece = fc.constantFrom(
  ...[
    "a",
    "b",
    "-",
    " ",
    ".",
    "^",
    "$",
    "|",
    "(",
    ")",
    "(?:",
    "(?P<n>",
    "(?i)",
    "*",
    "+",
    "?",
    "{2}",
    "{0,1}",
  ],
  ...[
    "{1,}",
    "{1,3}",
    "[ab]",
    "[Aa]",
    "[^a]",
    "[]a]",
    "[a-c]",
    "[^a-c.]",
    "[a-]",
    "[-a]",
    "[\\d.]",
    "[\\w-]",
  ],
  ...[
    "[\\s\\S]",
    "[a-c-e]",
    "\\.",
    "\\-",
    "\\/",
    "\\d",
    "\\S",
    "\\s",
    "\\W",
    "\\n",
    "\\b",
    "é",
    "{",
    "}",
    "]",
    "[é]",
  ],
);
const text = fc.string({
  unit: fc.constantFrom(
    "a",
    "A",
    "b",
    "c",
    "-",
    " ",
    "\u00a0",
    "\v",
    "\n",
    "\r",
    "1",
    ".",
    "/",
    "é",
    "😀",
    "\ud83d",
    "]",
  ),
  maxLength: 10,
});

test("whatever the native engine is given, it finds where RE2 finds, and nowhere else", () => {
  let compared = 0;
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 7 }),
      fc.array(text, { minLength: 20, maxLength: 20 }),
      (pieces, texts) => {
        const expression = pieces.join("");
        const reference = compile(expression);
        const found = reference && native(expression);
        if (found === undefined) return;
        compared += 1;
        for (const one of texts) expect([one, found.test(one)]).toEqual([one, reference!.test(one)]);
      },
    ),
    { numRuns: 10_000 },
  );
  // What RE2 refuses or the native engine is not given proves nothing.
  expect(compared).toBeGreaterThan(1000);
});

function compile(expression: string): RE2JS | undefined {
  try {
    return RE2JS.compile(expression, 0);
  } catch {
    return undefined;
  }
}

test.each([
  ["has an upper bound at every place", "\\\\[a-z]{1,32}\\.[a-z]{1,6}", true],
  ["repeats without bound where it ends", "(.){200,}", true],
  ["repeats without bound where it begins", "\\s+-O\\s", true],
  ["repeats without bound within", "a.*b", false],
  ["has ways without end", "x(?:a{1,30}){1,30}b", false],
  ["ignores case from here on", "(?i)abc", false],
  ["has a character beyond ASCII", "é", false],
  ["asks for a word boundary", "\\bcmd", false],
])("an expression that %s: %s is native: %s", (_what, expression, expected) => {
  expect(native(expression) !== undefined).toBe(expected);
});
