import { describe, expect, test } from "vitest";
import { createEvent } from "./event.ts";
import { loadRules } from "./load.ts";
import type { DetectionRule, RuleSet } from "./rule.ts";

const table = `placeholders:
  Admins: [root, 'adm_*']
  one: single
  Ports: [22, 2222]
  nets: [10.0.0.0/8, 'fd00::/8']
  words: ['e.il', 'w\\d+']
  escaped: ['100\\*', '50%']
  flag: true
`;

function load(selection: string, more = table): RuleSet {
  const rule = `title: T\nlogsource: { product: x }\ndetection:\n  s: ${selection}\n  condition: s\n`;
  return loadRules([
    { file: "rule.yml", text: rule },
    { file: "table.yml", text: more },
  ]);
}

function ruleOf(set: RuleSet): DetectionRule {
  if (set.problems.length > 0 || set.rules[0]?.kind !== "detection")
    throw new Error(JSON.stringify(set.problems));
  return set.rules[0];
}

function matching(selection: string, records: readonly Record<string, unknown>[]): boolean[] {
  const rule = ruleOf(load(selection));
  return records.map((scope) => rule.matches(createEvent({ scopes: [scope], logsource: {} })));
}

const names = ["root", "ADM_bob", "bob", "100*", "100x", "50%", "22", "%Admins%"].map((f) => ({ f }));

describe("an expanded rule matches what it matches with the values written out", () => {
  test.each([
    [`{ f|expand: '%Admins%' }`, `{ f: [root, 'adm_*'] }`],
    [`{ f|expand: ['%Admins%', bob] }`, `{ f: [root, 'adm_*', bob] }`],
    [`{ f|expand|cased: '%Admins%' }`, `{ f|cased: [root, 'adm_*'] }`],
    [`{ f|expand|neq: '%Admins%' }`, `{ f|neq: [root, 'adm_*'] }`],
    [`{ f|contains|expand: '%one%' }`, `{ f|contains: single }`],
    [`{ f|expand|startswith: '%Ports%' }`, `{ f|startswith: [22, 2222] }`],
    [`{ f|expand: '%escaped%' }`, `{ f: ['100\\*', '50%'] }`],
    [`{ f|expand: '\\%Admins%' }`, `{ f: '%Admins%' }`],
    [`{ f|expand: '\\%plain%one%' }`, `{ f: '%plainsingle' }`],
    [`{ f|expand: '\\\\%one%' }`, `{ f: '\\\\single' }`],
    [`{ f|expand: '%one%\\*' }`, `{ f: 'single\\*' }`],
    [`{ f|expand: '50% of %one%' }`, `{ f: '50% of single' }`],
    [
      `{ f|expand: '%one%-%Ports%-%Admins%' }`,
      `{ f: [single-22-root, 'single-22-adm_*', single-2222-root, 'single-2222-adm_*'] }`,
    ],
    [`{ f|re|expand: '^%words%$' }`, `{ f|re: ['^e.il$', '^w\\d+$'] }`],
    [`{ f|expand|re|i: '%words%' }`, `{ f|re|i: ['e.il', 'w\\d+'] }`],
    [`{ f|cidr|expand: '%nets%' }`, `{ f|cidr: [10.0.0.0/8, 'fd00::/8'] }`],
    [`{ f|expand|base64offset|contains: '%one%' }`, `{ f|base64offset|contains: single }`],
    [`{ f|wide|base64|expand: '%one%' }`, `{ f|wide|base64: single }`],
    [`{ f|windash|expand: ' -%one% ' }`, `{ f|windash: ' -single ' }`],
    [`{ '|expand': ['%Admins%', x] }`, `[root, 'adm_*', x]`],
    [`{ f|expand: '%flag%' }`, `{ f: true }`],
    [`[{ f|expand: '%one%' }, { g|expand: '%Ports%' }]`, `[{ f: single }, { g: [22, 2222] }]`],
  ])("%s is %s", (expanded, written) => {
    const [one, other] = [ruleOf(load(expanded)), ruleOf(load(written))];
    expect(one.needs).toEqual(other.needs);
    expect(one.fields).toEqual(other.fields);
    const values = [
      "root",
      "adm_x",
      "ROOT",
      "single",
      "a single b",
      "2222",
      "22",
      "100*",
      "1000",
      "50%",
      "%admins%",
    ];
    values.push(
      "%plainsingle",
      "\\single",
      "single*",
      "50% of single",
      "single-2222-adm_z",
      "evil",
      "EVIL",
      "w77",
    );
    values.push("10.1.2.3", "11.1.2.3", "fd00::1", "c2luZ2xl", "xxc2luZ2xl", " /single ", "true", "x");
    values.push("cwBpAG4AZwBsAGUA", "\\root", "%single%");
    for (const value of values) {
      for (const scope of [{ f: value }, { g: value }]) {
        const event = createEvent({ scopes: [scope], logsource: {} });
        expect([value, one.matches(event)]).toEqual([value, other.matches(event)]);
      }
    }
  });
});

test("what a value stands for is joined by or, also where all values must hold", () => {
  const both = `{ f|contains|expand|all: ['%Admins%', '%Ports%'] }`;
  const records = ["root 22", "adm_x2222", "root", "22", "adm 22"].map((f) => ({ f }));
  expect(matching(both, records)).toEqual([true, true, false, false, false]);
  const patterns = `{ f|re|expand|all: ['%words%', '^x'] }`;
  expect(matching(patterns, [{ f: "xevil" }, { f: "x w1" }, { f: "evil" }, { f: "x" }])).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test("a percent without expand is a percent", () => {
  expect(matching(`{ f: '%Admins%' }`, names)).toEqual([...new Array<boolean>(7).fill(false), true]);
});

test("why a record matches is told by the record's value", () => {
  const rule = ruleOf(load(`{ f|expand: '%Admins%' }`));
  const event = createEvent({ scopes: [{ f: "adm_eve" }], logsource: {} });
  expect(rule.explain(event)).toEqual([{ selection: "s", field: "f", value: "adm_eve" }]);
});

describe("tables", () => {
  test("in several documents are one, whatever the order of the files", () => {
    const set = loadRules([
      { file: "a.yml", text: "placeholders: { a: x }\n---\nplaceholders: { b: [y] }\n" },
      {
        file: "b.yml",
        text: "title: T\nlogsource: { product: x }\ndetection: { s: { f|expand: '%a%%b%%c%' }, condition: s }\n",
      },
      { file: "c.yml", text: "title: Our names\nplaceholders: { c: z }\n" },
    ]);
    expect(ruleOf(set).matches(createEvent({ scopes: [{ f: "xyz" }], logsource: {} }))).toBe(true);
    expect(set.rules).toHaveLength(1);
  });

  test.each([
    ["a list of names", "placeholders: [a]", "must be a map", "1:1 placeholders"],
    ["nothing", "placeholders:", "must be a map", "1:1 placeholders"],
    ["a name without values", "placeholders: { a: [] }", "the list is empty", "1:17 placeholders.a"],
    ["null", "placeholders: { a: null }", "must be a text", "1:17 placeholders.a"],
    [
      "a map as value",
      "placeholders:\n  a:\n    - x\n    - { y: z }",
      "must be a text",
      "4:7 placeholders.a.1",
    ],
    [
      "a number that loses digits",
      "placeholders: { a: 12345678901234567890 }",
      "in quotes",
      "1:17 placeholders.a",
    ],
    [
      "a name that no value can ask for",
      "placeholders: { 'a b': x }",
      'ask for "a b"',
      "1:17 placeholders.a b",
    ],
    ["a rule too", "title: T\nplaceholders: { a: x }\ndetection: {}", "put each in its own", "1:1 "],
  ])("with %s are a fault", (_claim, text, message, place) => {
    const { problems } = loadRules([{ file: "t.yml", text }]);
    expect(problems.map((problem) => `${problem.line}:${problem.column} ${problem.field}`)).toContain(place);
    expect(problems.map((problem) => problem.message).join("\n")).toContain(message);
  });

  test("that fill a name twice leave the first in force, and a bad entry leaves the others", () => {
    const set = load(
      `{ f|expand: '%one%' }`,
      `${table}---\nplaceholders: { one: other, two: [null], three: x }\n`,
    );
    expect(set.rules).toHaveLength(1);
    expect(set.problems.map(({ field }) => field)).toEqual(["placeholders.one", "placeholders.two.0"]);
    expect(set.problems[0]?.message).toContain("table.yml:1");
    expect(load(`{ f|expand: '%three%' }`, "placeholders: { two: [null], three: x }").rules).toHaveLength(1);
  });
});

describe("a placeholder", () => {
  test("that no table fills is a fault that shows the document to write, which then fills it", () => {
    const { rules, problems } = load(`{ f|expand: ['%Ports%', 'x%Admin%%other%'] }`);
    expect(rules).toEqual([]);
    expect(problems.map(({ line, column, field }) => `${line}:${column} ${field}`)).toEqual([
      "4:30 detection.s.f|expand.1",
      "4:30 detection.s.f|expand.1",
    ]);
    expect(problems[0]?.message).toContain('no table fills the placeholder "Admin" (did you mean "Admins"?)');
    const shown = problems.map(({ message }) => message.slice(message.indexOf("---"))).join("\n");
    expect(load(`{ f|expand: ['%Ports%', 'x%Admin%%other%'] }`, `${table}${shown}\n`).problems).toEqual([]);
  });

  test("must not come to too many values", () => {
    const many = `placeholders: { n: [${Array.from({ length: 101 }, (_, n) => n).join()}] }`;
    const [problem] = load(`{ f|expand: '%n% %n%' }`, many).problems;
    expect(problem?.message).toContain("come to 10201 values, more than 10000");
    expect(load(`{ f|expand: '%n%' }`, many).problems).toEqual([]);
  });

  test("whose value can not stand there is a fault of the rule that names the value", () => {
    const { problems } = load(`{ f|cidr|expand: '%one%' }`);
    expect(problems[0]).toMatchObject({ file: "rule.yml", field: "detection.s.f|cidr|expand" });
    expect(problems[0]?.message).toContain('filled in as "single": "single" is not a network');
  });

  test.each(["gt", "exists", "fieldref", "hour"])("has no place beside %s", (modifier) => {
    expect(load(`{ f|${modifier}|expand: '%one%' }`).problems[0]?.message).toContain("can not be combined");
  });

  test("that is missing where there is expand is warned of", () => {
    const { rules, warnings } = load("{ f|expand: [x, 5, '%one%'] }");
    expect(rules).toHaveLength(1);
    expect(warnings.map(({ file, line, field }) => `${file}:${line} ${field}`)).toEqual([
      "rule.yml:4 detection.s.f|expand.0",
      "rule.yml:4 detection.s.f|expand.1",
    ]);
    expect(warnings[0]?.message).toContain("drop expand");
  });
});

test("a version covers the values that were filled in and not the rest of the table", () => {
  const version = (more: string) => ruleOf(load(`{ f|expand: '%one%' }`, more)).version;
  expect(version("placeholders: { one: a, two: b }")).toBe(version("placeholders: { two: c, one: [a] }"));
  expect(version("placeholders: { one: a }")).not.toBe(version("placeholders: { one: b }"));
});
