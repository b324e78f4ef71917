import { expect, test } from "vitest";
import { loadRules } from "./load.ts";

const good = `title: T
logsource: { product: linux }
detection:
  s: { f: x }
  condition: s
`;

function warningsOf(text: string): string[] {
  const { rules, warnings } = loadRules([{ file: "t.yml", text }]);
  expect(rules).toHaveLength(1);
  return warnings.map(({ line, column, field, message }) => `${line}:${column} ${field}: ${message}`);
}

test("a sound rule is not warned of", () => {
  expect(warningsOf(`${good}status: experimental\ncustom: x\nauditflow: {}\nsimulation: []\n`)).toEqual([]);
  expect(warningsOf(good.replace("  condition", "  _unused: { f: y }\n  condition"))).toEqual([]);
  expect(warningsOf(good.replace("condition: s", "condition: 1 of them"))).toEqual([]);
  expect(warningsOf(good.replace("f: x", "f|re|i: '\\(?i\\)x(?:y)'"))).toEqual([]);
});

test.each([
  [
    "a selection that nothing asks for",
    good.replace("  condition", "  t: { f: y }\n  condition"),
    '5:3 detection.t: the condition never asks for "t"',
  ],
  [
    "a flag in an expression",
    good.replace("f: x", "f|re: '(?i)x'"),
    "4:8 detection.s.f|re: flags such as (?i) within an expression are on their way out of Sigma; write re|i",
  ],
  [
    "flags that no modifier can stand for",
    good.replace("f: x", "f|re: [a, 'x(?is:y)']"),
    "4:18 detection.s.f|re.1: flags such as (?is) within an expression are on their way out of Sigma",
  ],
  [
    "all before others",
    good.replace("f: x", "f|all|contains: [x, y]"),
    "4:8 detection.s.f|all|contains: all is about the whole list and comes last; write contains|all",
  ],
  ["a rule that is deprecated", `${good}status: deprecated\n`, "6:1 status: the rule is deprecated"],
  [
    "a rule that its authors gave up",
    `${good}status: unsupported\n`,
    "6:1 status: the rule is marked unsupported",
  ],
  [
    "another taxonomy",
    `${good}taxonomy: ecs\n`,
    "6:1 taxonomy: the taxonomy ecs is not known: fields are looked up by exactly the names written here",
  ],
  [
    "a key that is all but a standard one",
    `${good}refrences: [x]\n`,
    '6:1 refrences: "refrences" is read as a field of your own; did you mean "references"?',
  ],
  [
    "a key of the logsource that is all but one that routes",
    good.replace("{ product: linux }", "{ product: linux, servcie: sshd }"),
    '2:30 logsource.servcie: "servcie" is read as a field of your own; did you mean "service"?',
  ],
])("%s is warned of", (_claim, text, warning) => {
  const warnings = warningsOf(text);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain(warning);
});

test("a rule with faults is warned of too", () => {
  const { problems, warnings } = loadRules([{ file: "t.yml", text: `${good}levle: high\nstatus: bad\n` }]);
  expect(problems.map(({ field }) => field)).toEqual(["status"]);
  expect(warnings.map(({ field }) => field)).toEqual(["levle"]);
});
