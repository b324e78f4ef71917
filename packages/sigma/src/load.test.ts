import { describe, expect, test } from "vitest";
import { loadRules, silentRules } from "./load.ts";
import type { RuleProblem } from "./rule.ts";

const good = `
title: Good
id: 5f1e2d3c-0000-4000-8000-000000000001
name: good
logsource: { product: linux }
detection: { s: { f: x }, condition: s }
`;

function problemsOf(text: string): readonly RuleProblem[] {
  return loadRules([{ file: "rule.yml", text }]).problems;
}

function detecting(detection: string): string {
  return `title: T\nlogsource:\n  product: linux\ndetection:\n${detection}`;
}

describe("a sound rule", () => {
  const text = `# comment
title: Root logs in
id: 0E95725D-7320-415d-80f7-004da920fc11
name: root_login
status: test
description: d
author: A. Uthor
level: high
tags: [attack.t1078]
references: [https://example.org]
date: 2026-01-31
logsource: { product: linux, service: sshd, definition: syslog }
detection: { s: { user: root }, condition: s }
falsepositives: [Administrators]
auditflow: { lateness: 5m }
`;

  test("carries what was written, and its place", () => {
    const [rule] = loadRules([{ file: "rule.yml", text }]).rules;
    expect(rule).toMatchObject({
      kind: "detection",
      id: "0e95725d-7320-415d-80f7-004da920fc11",
      title: "Root logs in",
      name: "root_login",
      author: "A. Uthor",
      level: "high",
      tags: ["attack.t1078"],
      references: ["https://example.org"],
      logsource: { product: "linux", service: "sshd" },
      custom: { auditflow: { lateness: "5m" } },
      file: "rule.yml",
      line: 2,
    });
  });

  test("without an id or level has an id from its title and the level medium", () => {
    const bare = detecting("  s: { f: x }\n  condition: s\n");
    const [one, two] = [loadRules([{ file: "a", text: bare }]), loadRules([{ file: "b", text: bare }])];
    expect(one.rules[0]?.level).toBe("medium");
    expect(one.rules[0]?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(two.rules[0]?.id).toBe(one.rules[0]?.id);
  });
});

describe("a file", () => {
  test("holds several rules, and empty documents do not count", () => {
    const { rules, problems } = loadRules([
      { file: "r", text: `---\n${good}---\n---\n${detecting("  s: [x]\n  condition: s")}` },
    ]);
    expect(rules.map((rule) => rule.title)).toEqual(["Good", "T"]);
    expect(problems).toEqual([]);
  });

  test("that is empty or all comment is no fault", () => {
    expect(problemsOf("")).toEqual([]);
    expect(problemsOf("# later\n")).toEqual([]);
  });

  test("with a bad rule does not stop the good ones beside it or in other files", () => {
    const { rules, problems } = loadRules([
      { file: "bad.yml", text: "title: [" },
      { file: "mixed.yml", text: `title: Bad\n---\n${good}` },
    ]);
    expect(rules.map((rule) => rule.title)).toEqual(["Good"]);
    expect(new Set(problems.map((problem) => problem.file))).toEqual(new Set(["bad.yml", "mixed.yml"]));
  });

  test.each([
    ["is not a map", "just text", "a rule is a map"],
    ["uses a key twice", "title: a\ntitle: b", "not YAML"],
    [
      "unfolds without end",
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${"*a,".repeat(9)}]\nc: &c [${"*b,".repeat(9)}]\nd: [${"*c,".repeat(9)}]`,
      "can not be read",
    ],
    ["refers to itself", "title: T\ndetection: &d { s: *d, condition: s }", "contains itself"],
    [
      "refers to itself often",
      detecting(`  s: &s [${"*s, ".repeat(12)}]\n  condition: s`),
      "contains itself",
    ],
    [
      "nests lists deep",
      detecting(`  s: ${"[".repeat(3000)}{ f: x }${"]".repeat(3000)}\n  condition: s`),
      "",
    ],
    ["is nested without end", `title: ${"[".repeat(100_000)}`, ""],
    ["holds a tag of code", `${good}author: !!js/function 'x'\n`, "Unresolved tag"],
  ])("that %s is a fault", (_claim, text, message) => {
    const problems = problemsOf(text);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems[0]?.message).toContain(message);
  });
});

describe("faults", () => {
  test("of one rule are all told at once, with line, column and field", () => {
    const text = `title: ""
id: 17
level: severe
tags: [Attack]
logsource:
  definition: none
detection:
  s:
    user|regex: x
    host|re: "(?=x)"
  condition: s and t
`;
    const told = problemsOf(text).map(({ line, column, field }) => `${line}:${column} ${field}`);
    expect(told).toEqual([
      "1:1 title",
      "2:1 id",
      "3:1 level",
      "4:1 tags",
      "5:1 logsource",
      "9:5 detection.s.user|regex",
      "10:5 detection.s.host|re",
      "11:3 detection.condition",
    ]);
  });

  test("of a later document have the line of the file", () => {
    expect(problemsOf(`${good}---\ntitle: x\n`).map((problem) => problem.line)).toEqual([8]);
  });

  test("of a list name the entry", () => {
    const [problem] = problemsOf(
      detecting("  s:\n    f|cidr:\n      - 10.0.0.0/8\n      - 10.0.0.1/8\n  condition: s\n"),
    );
    expect(problem).toMatchObject({ line: 8, column: 9, field: "detection.s.f|cidr.1" });
    expect(problem?.message).toContain("write 10.0.0.0/8");
  });

  test.each([
    ["a missing condition", "  s: { f: x }", "the condition is missing"],
    ["no selection", "  condition: s", "there is no selection"],
    ["an empty selection", "  s: {}\n  condition: s", "the selection is empty"],
    ["an empty list", "  s: []\n  condition: s", "the list is empty"],
    ["an empty list of values", "  s: { f: [] }\n  condition: s", "the list is empty"],
    ["an unknown modifier", "  s: { f|like: x }\n  condition: s", 'no modifier "like"'],
    [
      "a modifier from the language itself",
      "  s: { f|constructor: x }\n  condition: s",
      'no modifier "constructor"',
    ],
    ["a modifier twice", "  s: { f|cased|cased: x }\n  condition: s", "twice"],
    ["places that exclude each other", "  s: { f|startswith|endswith: x }\n  condition: s", "only one of"],
    ["re after another modifier", "  s: { f|neq|re: x }\n  condition: s", "must be the first"],
    ["re with contains", "  s: { f|re|contains: x }\n  condition: s", "can not be combined with re"],
    ["i without re", "  s: { f|i: x }\n  condition: s", "can not be combined"],
    ["a misspelt modifier", "  s: { f|contain: x }\n  condition: s", '(did you mean "contains"?)'],
    ["a modifier of other tools", "  s: { f|regex: x }\n  condition: s", '(did you mean "re"?)'],
    ["null in a list", "  s: { f: [a, null] }\n  condition: s", "null can not stand in a list"],
    ["null with contains", "  s: { f|contains: null }\n  condition: s", "null can not carry"],
    ["null as a keyword", "  s: [null]\n  condition: s", "null can not be searched"],
    ["an empty keyword", "  s: ['']\n  condition: s", "empty keyword"],
    ["all of one value", "  s: { f|all: x }\n  condition: s", "at least two"],
    ["exists with text", "  s: { f|exists: 'yes' }\n  condition: s", "true or false"],
    ["a comparison with text", "  s: { f|gt: many }\n  condition: s", "with a number"],
    ["a comparison with a list", "  s: { f|gt: [1, 2] }\n  condition: s", "one value"],
    ["a comparison without field", "  s: { '|gt': 1 }\n  condition: s", "needs a field"],
    ["an hour beyond the day", "  s: { f|hour: 24 }\n  condition: s", "from 0 to 23"],
    ["a network that is none", "  s: { f|cidr: host }\n  condition: s", "not a network"],
    ["wildcards in base64", "  s: { f|contains|base64: x }\n  condition: s", "wildcards can not be encoded"],
    ["nothing in base64", "  s: { f|base64: '' }\n  condition: s", "no encoding"],
    ["UTF-16 twice", "  s: { f|wide|utf16: x }\n  condition: s", "only once"],
    ["a map as value", "  s: { f: { g: x } }\n  condition: s", "write nested fields as a.b"],
    ["a number that loses digits", "  s: { f: 12345678901234567890 }\n  condition: s", "in quotes"],
    ["a number that is none", "  s: { f: .nan }\n  condition: s", "in quotes"],
    ["an aggregation of Sigma 1", "  s: { f: x }\n  condition: s | count() > 5", "type: event_count"],
    ["a time frame of Sigma 1", "  s: { f: x }\n  timeframe: 5m\n  condition: s", "correlation rule"],
    ["a condition that is no text", "  s: { f: x }\n  condition: 1", "must be a text"],
  ])("%s is told", (_claim, detection, message) => {
    const problems = problemsOf(detecting(detection));
    expect(problems.map((problem) => problem.message).join("\n")).toContain(message);
  });

  test.each([
    ["a missing title", good.replace("title: Good", ""), "the title is missing"],
    ["a title too long", good.replace("Good", "x".repeat(300)), "shorten it to 256"],
    ["a date that does not exist", `${good}date: 2026-02-30\n`, "must be a date"],
    ["a misspelt level", `${good}level: hihg\n`, '(did you mean "high"?)'],
    ["a misspelt status", `${good}status: expermental\n`, '(did you mean "experimental"?)'],
    ["a misspelt section", good.replace("detection:", "detetcion:"), '(did you mean "detection"?)'],
    [
      "a foreign relation",
      `${good}related: [{ id: 5f1e2d3c-0000-4000-8000-000000000002, type: friend }]\n`,
      "the type must be",
    ],
    ["a missing logsource", good.replace(/logsource.*/, ""), "the logsource must be a map"],
    ["neither detection nor correlation", good.replace(/detection.*/, ""), "neither"],
    ["both", `${good}correlation: {}\n`, "one rule"],
    ["a collection of Sigma 1", `${good}action: global\n`, "Sigma 1"],
  ])("%s is told", (_claim, text, message) => {
    expect(
      problemsOf(text)
        .map((problem) => problem.message)
        .join("\n"),
    ).toContain(message);
  });

  test("an id or name that is taken leaves the first rule in place", () => {
    const second = good.replace("Good", "Second");
    const { rules, problems } = loadRules([
      { file: "a.yml", text: good },
      { file: "b.yml", text: second },
    ]);
    expect(rules.map((rule) => rule.title)).toEqual(["Good"]);
    expect(problems.map((problem) => `${problem.file} ${problem.field}`)).toEqual(["b.yml id", "b.yml name"]);
    expect(problems[0]?.message).toContain("a.yml:2");
  });

  test("a faulty rule takes no id from a sound one", () => {
    const { rules } = loadRules([
      { file: "a.yml", text: `${good}level: severe\n` },
      { file: "b.yml", text: good },
    ]);
    expect(rules.map((rule) => rule.file)).toEqual(["b.yml"]);
  });
});

describe("a correlation", () => {
  const correlation = `
title: Many
correlation:
  type: event_count
  rules: [good]
  group-by: [user, host]
  timespan: 5m
  condition: { gte: 3 }
`;
  const load = (text: string, base = good) =>
    loadRules([
      { file: "many.yml", text },
      { file: "good.yml", text: base },
    ]);
  const first = (text: string, base = good) =>
    load(text, base).rules.find((rule) => rule.kind === "correlation");

  test("finds the rules it names in other files, by name", () => {
    expect(first(correlation)).toMatchObject({
      type: "event_count",
      rules: ["5f1e2d3c-0000-4000-8000-000000000001"],
      groupBy: ["user", "host"],
      timespan: 300_000,
      condition: { gte: 3 },
      generate: false,
      level: "medium",
    });
  });

  test("finds them by id, whatever the case", () => {
    const text = correlation.replace("[good]", "5F1E2D3C-0000-4000-8000-000000000001");
    expect(first(text)?.rules).toEqual(["5f1e2d3c-0000-4000-8000-000000000001"]);
  });

  test.each([
    ["45s", 45_000],
    ["5m", 300_000],
    ["2h", 7_200_000],
    ["1d", 86_400_000],
    ["1w", 604_800_000],
    ["1M", 2_629_746_000],
    ["1y", 31_556_952_000],
  ])("has a timespan of %s in milliseconds", (written, timespan) => {
    expect(first(correlation.replace("5m", written))?.timespan).toBe(timespan);
  });

  test("without a level has the strongest of the rules it counts", () => {
    expect(first(correlation, `${good}level: low\n`)?.level).toBe("low");
    expect(first(`${correlation}level: high\n`, `${good}level: low\n`)?.level).toBe("high");
  });

  test("reads aliases by rule name", () => {
    const text = correlation.replace(
      "group-by: [user, host]",
      "group-by: [who]\n  aliases: { who: { good: user_id } }",
    );
    expect(first(text)?.aliases).toEqual({ who: { "5f1e2d3c-0000-4000-8000-000000000001": "user_id" } });
  });

  test("silences the rules it counts unless one that counts them says generate", () => {
    const silent = (text: string) => [...silentRules(load(text).rules)];
    expect(silent(correlation)).toEqual(["5f1e2d3c-0000-4000-8000-000000000001"]);
    const second = correlation.replace("Many", "More").replace("type:", "generate: true\n  type:");
    expect(silent(`${correlation}---\n${second}`)).toEqual([]);
  });

  test.each([
    ["an unknown rule", "[good]", "[other]", 'no rule has the id or name "other"'],
    ["no rule", "rules: [good]", "rules: []", "the list is empty"],
    ["a rule under two names", "[good]", "[good, 5f1e2d3c-0000-4000-8000-000000000001]", "stands here twice"],
    ["a sum of nothing", "event_count", "value_sum", "value_sum is about numbers; add the field"],
    ["no type at all", "event_count", "events", 'no type "events"'],
    ["a misspelt type", "event_count", "event_cout", '(did you mean "event_count"?)'],
    ["bounds that exclude each other", "gte: 3", "gte: 3, lt: 3", "no number is within all"],
    ["an unknown operator", "gte: 3", "over: 3", 'no operator "over"'],
    ["no bound", "{ gte: 3 }", "{}", "the condition is empty"],
    ["a count of nothing", "gte: 3", "gte: 0", "of at least 1"],
    ["a count below nothing", "gte: 3", "gt: -1", "of at least 0"],
    ["a misspelt operator", "gte: 3", "get: 3", '(did you mean "gte"?)'],
    ["a misspelt key", "group-by", "group_by", '(did you mean "group-by"?)'],
    ["a count that is not whole", "gte: 3", "gte: 2.5", "whole number"],
    ["a timespan without unit", "5m", "5", "a number and a unit"],
    ["a timespan of nothing", "5m", "0s", "a number and a unit"],
    ["an unknown field", "timespan", "timeframe", 'no field "timeframe"'],
    ["an alias of another rule", "timespan", "aliases: { a: { b: c } }\n  timespan", "not among the rules"],
    ["an alias that leaves a rule out", "[user, host]", "[a]\n  aliases: { a: {} }", "names no field for"],
  ])("with %s is a fault", (_claim, from, to, message) => {
    const { rules, problems } = load(correlation.replace(from, to));
    expect(problems.map((problem) => problem.message).join("\n")).toContain(message);
    expect(rules.map((rule) => rule.title)).toEqual(["Good"]);
  });

  test("of a rule that has faults says where that rule stands", () => {
    const { problems } = load(correlation, `${good}level: severe\n`);
    expect(problems[0]).toMatchObject({ file: "many.yml", line: 5, field: "correlation.rules.0" });
    expect(problems[0]?.message).toContain("good.yml:2");
  });
});

describe("a version", () => {
  const versionOf = (text: string) => loadRules([{ file: "a", text }]).rules.map((rule) => rule.version);
  const many = (rest: string) =>
    `title: Many\ncorrelation: { type: event_count, rules: [good], condition: { gte: 3 }, ${rest} }\n`;

  test("is eight hex digits that stay the same for comments, order and metadata", () => {
    const [version] = versionOf(good);
    expect(version).toMatch(/^[0-9a-f]{8}$/);
    const other = `# other\ndetection: { condition: s, s: { f: x } }\nlogsource: { product: LINUX }\ntitle: Other\nlevel: low\n`;
    expect(versionOf(other)).toEqual([version]);
  });

  test("changes with the detection and the logsource", () => {
    const versions = [good, good.replace("f: x", "f: y"), good.replace("linux", "macos")].flatMap(versionOf);
    expect(new Set(versions).size).toBe(3);
  });

  test("of a correlation covers the rules it counts and not how it is written", () => {
    const ofMany = (rest: string, base = good) => versionOf(`${base}---\n${many(rest)}`)[1];
    expect(ofMany("timespan: 60s")).toBe(ofMany("timespan: 1m, generate: true"));
    expect(ofMany("timespan: 60s")).not.toBe(ofMany("timespan: 61s"));
    expect(ofMany("timespan: 60s")).not.toBe(ofMany("timespan: 60s", good.replace("f: x", "f: y")));
  });
});
