import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadRules } from "@auditflow/sigma";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryWindows } from "../windows/memory.ts";
import { createAnalyser } from "./analyser.ts";
import { readRuleTests } from "./read-rule-tests.ts";
import { playRuleTest, type RuleTestResult } from "./rule-test.ts";

const clock = { now: () => Date.parse("2026-01-02T00:00:00Z") };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "auditflow-rule-tests-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Reads what stands in a test file; faults come as `line: field: message`. */
async function read(text: string) {
  const file = join(folder, `${crypto.randomUUID()}.test.yml`);
  await writeFile(file, text);
  const { tests, problems } = await readRuleTests([file]);
  return { tests, faults: problems.map(({ line, field, message }) => `${line}: ${field}: ${message}`) };
}

const rules = `
title: Refused
name: refused
logsource: { category: authentication }
detection: { s: { action_result: FAILURE }, condition: s }
level: low
---
title: Root
logsource: { category: authentication }
detection: { s: { user_id: root }, condition: s }
---
title: Burst
correlation: { type: event_count, rules: [refused], group-by: [user_id], timespan: 1m, condition: { gte: 2 } }
level: high
`;

/** Plays the cases of a test file beside the rules above. */
async function play(text: string): Promise<readonly RuleTestResult[]> {
  const file = join(folder, "played.test.yml");
  await writeFile(file, text);
  const { tests, problems } = await readRuleTests([file]);
  expect(problems).toEqual([]);
  const set = loadRules([{ file: file.replace(".test", ""), text: rules }]);
  const open: Parameters<typeof playRuleTest>[1]["open"] = (options) =>
    createAnalyser({ ...options, windows: memoryWindows({ clock }), clock });
  return await Promise.all(tests.map((one) => playRuleTest(one, { rules: set, open })));
}

describe("reading a test file", () => {
  test("tells every fault at once, each with its line and field, and plays no case of the file", async () => {
    const { tests, faults } = await read(`tests:
  - name: sound
    events: [{ at: "09:00:00" }]
    alerts: 0
  - events: [{ at: "25:00:00" }]
    alerts: many
  - name: misspelt
    event: []
    events: [{ severity: LOUD }]
    allerts: 1
  - name: nothing expected
    events: [{}]
  - name: counts
    events: [{ matches: perhaps, at: 9 }]
    alerts: [{ rule: x, cuont: 3, severity: loud, first: yesterday }]
    counts: [1]
oddity: 1
`);
    expect(tests).toEqual([]);
    expect(faults.map((fault) => fault.split(": ").slice(0, 2).join(" "))).toEqual([
      "5 tests.1.name",
      "5 tests.1.events.0.at",
      "6 tests.1.alerts",
      "7 tests.2",
      "8 tests.2.event",
      "9 tests.2.events.0.severity",
      "10 tests.2.allerts",
      "11 tests.3",
      "14 tests.4.events.0.matches",
      "14 tests.4.events.0.at",
      "15 tests.4.alerts.0.cuont",
      "15 tests.4.alerts.0.severity",
      "15 tests.4.alerts.0.first",
      "16 tests.4.counts",
      "17 oddity",
    ]);
  });

  test.each([
    ["", "the file is empty"],
    ["tests: []", "tests must be a list of cases"],
    ["- a list", "a rule is a map"],
    ["tests: [", "this is not YAML"],
    ["tests: [1]", "a case must be a map"],
    ["tests: [{ name: x, events: [], alerts: 0 }]", "a case needs a list of events"],
    ["tests: [{ name: x, events: [3], alerts: 0 }]", "an event must be a map"],
    [
      "tests: [{ name: x, events: [{ timestamp: 2026-02-30T00:00:00Z }], alerts: 0 }]",
      "a time is written as",
    ],
    ["tests: [{ name: x, events: [{ line: a, record: {} }], alerts: 0 }]", "not both"],
    ["tests: [{ name: x, events: [{ record: 3 }], alerts: 0 }]", "a record must be a map"],
    ["tests: [{ name: x, events: [{ line: 3 }], alerts: 0 }]", "a line must be a text"],
    ["tests: [{ name: x, events: [{ line: a, user_id: b }], alerts: 0 }]", 'there is no "user_id" here'],
    ["logsource: { vendor: x }\ntests: [{ name: x, events: [{}], alerts: 0 }]", "a logsource is a map"],
    ["tests: [{ name: x, events: [{}], alerts: 0 }]\n---\ntests: []", "a test file is one document"],
  ])("%j is a fault", async (text, message) => {
    const { tests, faults } = await read(text);
    expect(tests).toEqual([]);
    expect(faults.join("\n")).toContain(message);
  });
});

describe("playing a case", () => {
  test("judges each event that says what it matches, by rules of the file beside or by names", async () => {
    const results = await play(`
logsource: { category: authentication }
tests:
  - name: as expected
    events:
      - { user_id: root, matches: true }
      - { user_id: alice, matches: false }
      - { user_id: root, action_result: FAILURE, matches: [refused, Root] }
  - name: not as expected
    events:
      - { user_id: alice, matches: true }
      - { user_id: root, matches: false }
      - { user_id: root, matches: [refused] }
`);
    expect(results[0]?.misses).toEqual([]);
    expect(results[1]?.misses).toEqual([
      { what: "event 1", line: 11, expected: "a match", got: "no match" },
      { what: "event 2", line: 12, expected: "no match", got: "a match of Root" },
      { what: "event 3", line: 13, expected: "a match of refused", got: "a match of Root" },
    ]);
  });

  test("compares what is written of each expected alert, in order of time", async () => {
    const events = `
    events:
      - { at: "09:00:00", user_id: bob, action_result: FAILURE, client_ip: 192.0.2.1 }
      - { at: "09:00:10.500", user_id: bob, action_result: FAILURE, client_ip: 192.0.2.1 }
      - { at: "10:00:00", user_id: root }`;
    const results = await play(`
logsource: { category: authentication }
tests:
  - name: as expected${events}
    alerts:
      - { rule: Burst, severity: high, count: 2, first: "09:00:00", last: "09:00:10.5", user: bob }
      - { rule: Root, severity: MEDIUM, host: host-1, first: 2026-01-01T10:00:00Z }
  - name: not as expected${events}
    alerts:
      - { rule: Root, count: 3, address: 192.0.2.9 }
      - { last: "10:00:01" }
  - name: too few${events}
    alerts: 1
  - name: wrong counts${events}
    alerts: 2
    counts: [3, 1]
`);
    const told = results.map(({ misses }) =>
      misses.map(({ what, expected, got }) => `${what}: ${expected}, ${got}`),
    );
    expect(told).toEqual([
      [],
      [
        "alert 1, rule: Root, Burst",
        "alert 1, count: 3, 2",
        "alert 1, address: 192.0.2.9, 192.0.2.1",
        "alert 2, last: 2026-01-01T10:00:01.000Z, 2026-01-01T10:00:00.000Z",
      ],
      ["alerts: 1, 2: Burst (count 2), Root (count 1)"],
      ["counts: 3, 1, 2, 1"],
    ]);
  });

  test("fails when no rule beside it was loaded", async () => {
    const file = join(folder, "alone.test.yml");
    await writeFile(file, "tests: [{ name: x, events: [{}], alerts: 0 }]");
    const { tests } = await readRuleTests([file]);
    const open = () => createAnalyser({ rules: loadRules([]), windows: memoryWindows({ clock }), clock });
    const { misses } = await playRuleTest(tests[0]!, { rules: loadRules([]), open });
    expect(misses).toMatchObject([{ what: "rules", got: "none was loaded" }]);
  });
});
