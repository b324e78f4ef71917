import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runHere } from "../../testing/run-here.ts";

let folder: string;

const files: Readonly<Record<string, string>> = {
  "set/refused.yml": `title: Refused
id: 11111111-1111-4111-8111-111111111111
name: refused
author: Alice
license: Apache-2.0
tags: [attack.t1110.001]
falsepositives: [A mistyped password]
logsource: { category: authentication }
detection:
  selection: { action_result: FAILURE }
  service: { user_id|startswith: [svc-, bot-] }
  condition: selection and not service
level: low
`,
  "set/refused.test.yml": `logsource: { category: authentication }
tests:
  - name: a person's failure matches
    events:
      - { action_result: FAILURE, user_id: alice, matches: true }
      - { action_result: FAILURE, user_id: svc-1, matches: false }
      - { line: "Mar  1 09:00:00 h sshd[1]: Failed password for root from 192.0.2.1 port 22 ssh2", matches: true }
      - { record: { result: FAILURE, user: x }, logsource: { category: authentication }, matches: [refused] }
`,
  "set/burst.yml": `title: Burst
correlation: { type: event_count, rules: [refused], group-by: [user_id], timespan: 1m, condition: { gte: 2 } }
level: high
`,
  "set/quiet.yml": `title: Not for svc-9
logsource: { category: authentication }
filter: { rules: [refused], name: { user_id: svc-9 }, condition: not name }
`,
  "faulty/faulty.yml": `title: Faulty
logsource: { product: x }
detection: { a: { f|contians: x }, condition: a or b }
---
title: Sound
logsource: { product: x }
detection: { a: { f: x }, condition: a }
`,
  "failing/one.yml": `title: One
logsource: { category: authentication }
detection: { a: { user_id: root }, condition: a }
`,
  "failing/one.test.yml": `logsource: { category: authentication }
tests:
  - { name: root matches, events: [{ user_id: root }], alerts: 1 }
  - { name: bob matches, events: [{ user_id: bob }], alerts: 1 }
`,
  "others/info.yml": "description: no rule\nregression_tests_info: []\n",
  "others/expand.yml": `title: Known hosts
id: 22222222-2222-4222-8222-222222222222
author: Bob
license: DRL 1.1
logsource: { product: x }
detection: { a: { host|expand: "%known_hosts%" }, condition: a }
`,
  "table.yml": "placeholders: { known_hosts: [a, b] }\n",
  "event.json": `{"event_id":"00000000-0000-4000-8000-000000000001","timestamp":"2026-01-01T00:00:00.000Z",
"source_service":"s","server_hostname":"h","event_type":"user_login","severity":"INFO","user_id":"svc-1","action_result":"FAILURE"}`,
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "auditflow-rules-cli-"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, ".."), { recursive: true });
    await writeFile(join(folder, name), text);
  }
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs `auditflow rules`; arguments that begin with @ are paths in the folder. */
async function rules(...args: string[]) {
  const { code, stdout, stderr } = await runHere([
    "rules",
    ...args.map((arg) => arg.replace(/^@/, `${folder}/`)),
  ]);
  const strip = (text: string): string => text.replaceAll(`${folder}/`, "");
  return { code, stdout: strip(stdout), stderr: strip(stderr) };
}

describe("auditflow rules lint", () => {
  test("the rules that come along have no fault and no warning", async () => {
    const { code, stdout, stderr } = await rules("lint", "--strict");
    expect([code, stdout]).toEqual([0, ""]);
    expect(stderr).toMatch(/^\d+ files, \d+ rules, 0 filters: 0 faults, 0 warnings\n$/);
  });

  test("tells every fault with its place and ends with 1; the sound rule beside it counts", async () => {
    const { code, stdout, stderr } = await rules("lint", "@faulty", "@set/refused.yml");
    expect(stdout).toMatch(/^faulty\/faulty\.yml:3:19: detection\.a\.f\|contians: .*contains/m);
    expect(stdout).toMatch(/^faulty\/faulty\.yml:3:36: detection\.condition: there is no selection "b"/m);
    expect(stderr).toContain("2 files, 2 rules, 0 filters: 2 faults");
    expect(code).toBe(1);
    const json = await rules("lint", "@faulty", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({
      ...{ files: 1, rules: 1, filters: 0, warnings: [] },
      problems: [
        { line: 3, column: 19 },
        { line: 3, column: 36, field: "detection.condition" },
      ],
    });
  });

  test("a path that is not there, a folder without rules and a wrong option are wrong use", async () => {
    const [absent, empty, option] = [
      await rules("lint", "@absent"),
      await rules("lint", "@set/refused.test.yml"),
      await rules("lint", "--fix"),
    ];
    expect([absent.code, absent.stderr]).toEqual([
      2,
      expect.stringContaining("absent cannot be read: ENOENT"),
    ]);
    expect([empty.code, empty.stderr]).toEqual([2, expect.stringContaining("There is no rule in")]);
    expect([option.code, option.stderr]).toEqual([2, expect.stringContaining("unknown option '--fix'")]);
  });
});

describe("auditflow rules list", () => {
  test("shows rules and filters, narrowed by level, logsource and tag", async () => {
    const all = await rules("list", "@set");
    expect(all.stdout).toMatch(
      /^high +event_count +category=authentication +Burst +\S+ +set\/burst\.yml:1$/m,
    );
    expect(all.stdout).toMatch(/^- +filter +category=authentication +Not for svc-9/m);
    const narrow = [
      "--level",
      "low,medium",
      "--logsource",
      "category=authentication",
      "--tag",
      "attack.t1110",
    ];
    const { code, stdout } = await rules("list", "@set", "--json", ...narrow);
    expect(code).toBe(0);
    const { rules: listed, filters } = JSON.parse(stdout) as { rules: object[]; filters: object[] };
    expect(listed).toMatchObject([{ name: "refused", kind: "detection", alerts: false, author: "Alice" }]);
    expect(filters).toMatchObject([
      { title: "Not for svc-9", rules: ["11111111-1111-4111-8111-111111111111"] },
    ]);
  });
});

describe("auditflow rules explain", () => {
  test("says what a rule looks at, reads and is found by, and what narrows and counts it", async () => {
    const { code, stdout } = await rules("explain", "refused", "--rules", "@set");
    for (const part of [
      "Refused  (detection, low)",
      "  license      Apache-2.0\n",
      "  false alarm  A mistyped password\n",
      "  - lines of sshd\n",
      "  action_result  details.action_result, else the event's own action_result\n",
      '  - action_result is "failure"\n',
      "  condition: selection and not service\n",
      '    user_id starts with "svc-" or "bot-"\n',
      'And when the filter "Not for svc-9" (set/quiet.yml:1) lets it\n  condition: not name\n',
      '  raises no alert of its own\n  is counted by\n  - "Burst" (set/burst.yml:1)\n',
    ])
      expect(stdout).toContain(part);
    expect(code).toBe(0);
  });

  test("finds what a correlation counts in the files beside it", async () => {
    const { code, stdout } = await rules("explain", "@set/burst.yml");
    expect(stdout).toContain('Counts\n  "Refused" (');
    expect(code).toBe(0);
  });

  test("says of an event which items of each selection hold", async () => {
    const { stdout } = await rules("explain", "@set/refused.yml", "--event", "@event.json");
    expect(stdout).toContain(`This event
  does not match

  condition: selection and not service
  yes selection
    yes action_result is "FAILURE"  (the event has "FAILURE")
  yes service
    yes user_id starts with "svc-" or "bot-"  (the event has "svc-1")
`);
    const json = await rules("explain", "@set/refused.yml", "--event", "@event.json", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({
      rules: [{ title: "Refused", event: { matches: false } }],
    });
  });

  test("tells a correlation in a sentence, within the set that it is in", async () => {
    const { stdout } = await rules("explain", "@set/burst.yml", "--rules", "@set");
    expect(stdout).toContain(
      'Fires when at least 2 events that match "Refused" come within 1 minute with the same user_id.',
    );
    expect(stdout).toContain("lateness 5 minutes");
  });

  test("says what is near a name that no rule has, and which faults a file has", async () => {
    const [unknown, faulty] = [
      await rules("explain", "refus", "--rules", "@set"),
      await rules("explain", "@set/burst.yml", "--rules", "@faulty"),
    ];
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('did you mean "Refused"?')]);
    expect([faulty.code, faulty.stderr]).toEqual([1, expect.stringContaining("set/burst.yml:2:")]);
  });
});

describe("auditflow rules import", () => {
  test("accounts for every document: loaded, refused and why, or no rule", async () => {
    const { code, stdout } = await rules("import", "@others", "@set", "--json");
    const account = JSON.parse(stdout) as Record<string, unknown>;
    expect(account).toMatchObject({ documents: 4, loaded: 3, refused: 1, not_rules: 1, problems: [] });
    expect(account["rules"]).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ...{ line: 1, id: "22222222-2222-4222-8222-222222222222", title: "Known hosts", status: "refused" },
          ...{ kind: "detection", author: "Bob", license: "DRL 1.1", level: null },
          reasons: [expect.objectContaining({ line: 6, field: "detection.a.host|expand" })],
        }),
      ]),
    );
    expect(code).toBe(0);
    expect(await rules("import", "@others", "@set", "--strict")).toMatchObject({ code: 1 });
    const text = await rules("import", "@others");
    expect(text.stdout).toMatch(
      /^documents +1\nloaded +0\nrefused +1\nnot rules +1\n\nrefused because\n +1 {2}/,
    );
    expect(text.stdout).toMatch(/^others\/expand\.yml:6:19: Known hosts: detection\.a\.host\|expand: /m);
  });

  test("a table that fills the placeholders is one more path, and the next step is told", async () => {
    const { code, stdout, stderr } = await rules("import", "@others", "@table.yml");
    expect(stdout).toMatch(/^documents +1\nloaded +1\nrefused +0\nnot rules +1\nplaceholder tables +1\n$/);
    expect(stderr).toContain("auditflow scan FILE --rules others --rules table.yml");
    expect(code).toBe(0);
  });
});

describe("auditflow rules test", () => {
  test("plays the tests of a folder and of a file, and names the rules that have none", async () => {
    const whole = await rules("test", "@set");
    expect(whole.stdout).toBe("pass  set/refused.test.yml:3: a person's failure matches\n");
    expect(whole.stderr).toBe("untested  set/burst.yml:1: Burst\n1 passed, 0 failed\n");
    expect(whole.code).toBe(0);
    const [one, strict] = [
      await rules("test", "@set/refused.yml", "--rules", "@set", "--json"),
      await rules("test", "@set", "--require-tests"),
    ];
    expect(JSON.parse(one.stdout)).toMatchObject({ passed: 1, failed: 0, problems: [], untested: [] });
    expect([one.code, strict.code]).toEqual([0, 1]);
  });

  test("a case that fails says what was expected and what came, and where", async () => {
    const { code, stdout, stderr } = await rules("test", "@failing");
    expect(stdout).toBe(`pass  failing/one.test.yml:3: root matches
FAIL  failing/one.test.yml:4: bob matches
      failing/one.test.yml:4: alerts: expected 1, got 0
`);
    expect([code, stderr]).toEqual([1, "1 passed, 1 failed\n"]);
  });

  test("faults of the other rules of the set are no failure of these", async () => {
    const { code } = await rules("test", "@set/refused.test.yml", "--rules", "@set", "--rules", "@faulty");
    expect(code).toBe(0);
    const alone = await rules("test", "@set/burst.yml", "@set/refused.yml");
    expect([alone.code, alone.stdout]).toEqual([0, expect.stringMatching(/^pass /)]);
    await writeFile(join(folder, "alone.test.yml"), "tests: []\n");
    const missing = await rules("test", "@alone.test.yml");
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining("alone.yml cannot be read")]);
  });

  test("a test file with a fault fails, as does a record that is no event", async () => {
    const file = join(folder, "failing", "bad.test.yml");
    await writeFile(
      file,
      "tests:\n  - { name: x, events: [{ line: no time in here }, { record: {} }], alerts: 0, n: 1 }\n",
    );
    const { code, stdout, stderr } = await rules("test", "@failing");
    await rm(file);
    expect(stdout).toMatch(/^failing\/bad\.test\.yml:2:27: tests\.0\.events\.0\.line: /m);
    expect(stdout).toMatch(/^failing\/bad\.test\.yml:2:54: tests\.0\.events\.1\.record: .*logsource/m);
    expect(stdout).toMatch(/^failing\/bad\.test\.yml:2:\d+: tests\.0\.n: there is no "n" here/m);
    expect([code, stderr]).toEqual([1, "1 passed, 1 failed, 3 faults\n"]);
  });
});
